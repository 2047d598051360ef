//! A second Forewarm process to be killed: this test binary runs itself again, as the hidden test `child_process`.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use forewarm_store::embedded::{Embedded, EmbeddedOptions};
use rustix::process::{Pid, Signal, kill_process};
use tokio::signal::unix::{SignalKind, signal};

const ROLE: &str = "FOREWARM_TEST_CHILD_ROLE";
const DIR: &str = "FOREWARM_TEST_CHILD_DIR";
const READY: &str = "ready: ";

/// What a child is to do.
#[derive(Clone, Copy, PartialEq)]
pub enum Role {
    /// Supervise a server until SIGTERM.
    Supervisor,
    /// The whole test of the zombie postmaster, which needs a process that adopts orphans and does not reap them.
    Undertaker,
}

impl Role {
    const ALL: [(Self, &'static str); 2] =
        [(Self::Supervisor, "supervisor"), (Self::Undertaker, "undertaker")];

    /// The role that this process was started in; `None` in an ordinary run of the tests.
    pub fn of_this_process() -> Option<(Self, PathBuf)> {
        let role = std::env::var(ROLE).ok()?;
        let (role, _) = Self::ALL.into_iter().find(|(_, name)| *name == role).expect("a known role");
        Some((role, std::env::var_os(DIR).expect("a role has a directory").into()))
    }

    fn name(self) -> &'static str {
        Self::ALL.into_iter().find(|(role, _)| *role == self).expect("every role is listed").1
    }
}

/// The life of a child in the role of supervisor.
pub async fn supervise(state_dir: &Path) {
    let mut terminate = signal(SignalKind::terminate()).unwrap();
    let options = EmbeddedOptions { sync_initdb: false, ..EmbeddedOptions::new(state_dir) };
    let embedded = Embedded::start(options).await.unwrap_or_else(|error| panic!("{error}"));
    println!("{READY}{}", embedded.pid());
    let shutdown = async move {
        terminate.recv().await;
    };
    embedded.supervise(shutdown).await.unwrap();
}

/// A child process, killed when dropped.
pub struct ChildProcess {
    child: Child,
    output: BufReader<ChildStdout>,
}

impl ChildProcess {
    pub fn spawn(role: Role, dir: &Path) -> Self {
        Self::spawn_as(role, dir, |_| {})
    }

    /// With a chance to change the command: user, environment.
    pub fn spawn_as(role: Role, dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "embedded_postgres::child_process", "--nocapture"]);
        command.env(ROLE, role.name()).env(DIR, dir).stdin(Stdio::null()).stdout(Stdio::piped());
        change(&mut command);
        let mut child = command.spawn().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        Self { child, output }
    }

    /// Waits for the server and returns the postmaster's pid; `None` if the child ended instead.
    pub fn postmaster(&mut self) -> Option<i32> {
        let lines = self.output.by_ref().lines().map_while(Result::ok);
        let mut pids = lines.filter_map(|line| Some(line.split_once(READY)?.1.trim().parse().unwrap()));
        pids.next()
    }

    pub fn signal(&self, signal: Signal) {
        send(i32::try_from(self.child.id()).unwrap(), signal);
    }

    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub fn send(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

/// A copy of this binary that another user may run: the build directory may lie in somebody's home.
pub fn executable_for_all(dir: &Path) -> PathBuf {
    let copy = dir.join("tests");
    let original = std::env::current_exe().unwrap();
    std::fs::hard_link(&original, &copy).or_else(|_| std::fs::copy(&original, &copy).map(drop)).unwrap();
    copy
}

/// Runs `program` in place of this binary, as user and group `id`.
pub fn as_user(program: PathBuf, id: u32) -> impl FnOnce(&mut Command) {
    move |command| {
        let mut other = Command::new(program);
        other
            .args(command.get_args())
            .envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        other.stdin(Stdio::null()).stdout(Stdio::piped()).current_dir("/").uid(id).gid(id);
        *command = other;
    }
}
