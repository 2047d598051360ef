//! A child process that cannot outlive us.
//!
//! The kernel signals it when the *thread* that spawned it ends. That thread is therefore one of its own, which does
//! nothing but wait for the child; a runtime's worker or blocking thread may end long before the process does.

use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitStatus, Stdio};
use std::thread;

use rustix::process::{Pid, Signal, kill_process};
use tokio::sync::watch;

use super::EmbeddedError;
use super::account::Account;
use super::layout::Layout;
use super::log::Log;

/// Sorts by code point, the same on every machine, and still knows which letters are upper case.
pub(super) const LOCALE: &str = if cfg!(target_os = "macos") { "en_US.UTF-8" } else { "C.UTF-8" };

/// A program of Postgres as the server's user, in a neutral environment, which gets `at_our_death` when we die.
pub(super) fn command(
    program: PathBuf,
    layout: &Layout,
    log: &Log,
    at_our_death: Signal,
) -> Result<Command, EmbeddedError> {
    let mut command = Command::new(program);
    let output = log.appender()?;
    let errors = output.try_clone().map_err(EmbeddedError::io("cannot open", layout.log()))?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors).current_dir("/");
    // A group of its own: Ctrl-C on our terminal must not reach it before we have drained.
    command.env("LC_ALL", LOCALE).process_group(0);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("PG")) {
        command.env_remove(name);
    }
    layout.account().apply(&mut command);
    die_with_us(&mut command, at_our_death);
    Ok(command)
}

#[cfg(target_os = "linux")]
#[allow(unsafe_code)]
fn die_with_us(command: &mut Command, signal: Signal) {
    let parent = rustix::process::getpid();
    // SAFETY: between fork and exec only these two system calls are made, neither of which allocates or locks. They run
    // after std has changed the user, which would clear the setting.
    unsafe {
        command.pre_exec(move || {
            rustix::process::set_parent_process_death_signal(Some(signal))?;
            // We may have died before the setting took hold.
            if rustix::process::getppid() == Some(parent) {
                Ok(())
            } else {
                Err(rustix::io::Errno::SRCH.into())
            }
        });
    }
}

/// Elsewhere no such thing exists: an orphan is left to Postgres's own lock file.
#[cfg(not(target_os = "linux"))]
fn die_with_us(_: &mut Command, _: Signal) {}

/// A child process and the thread that waits for it.
#[derive(Debug)]
pub(super) struct Process {
    pid: i32,
    ended: watch::Receiver<Option<ExitStatus>>,
}

impl Process {
    pub fn pid(&self) -> i32 {
        self.pid
    }

    pub fn spawn(mut command: Command, account: &Account) -> Result<Self, EmbeddedError> {
        let program = PathBuf::from(command.get_program());
        let failed = |source| EmbeddedError::Spawn { program, user: account.name.clone(), source };
        let (started, start) = std::sync::mpsc::sync_channel(1);
        let (end, ended) = watch::channel(None);
        let keeper = move || match command.spawn() {
            Err(error) => drop(started.send(Err(error))),
            Ok(mut child) => {
                let _ = started.send(Ok(child.id()));
                let status = child.wait().expect("our own child can be waited for");
                end.send_replace(Some(status));
            }
        };
        let spawned = thread::Builder::new().name("postgres-keeper".to_owned()).spawn(keeper);
        let pid = match spawned {
            Ok(_) => start.recv().expect("the keeper answers before it ends"),
            Err(error) => Err(error),
        };
        let pid = i32::try_from(pid.map_err(failed)?).expect("process ids are positive and small");
        Ok(Self { pid, ended })
    }

    pub fn ended(&self) -> Option<ExitStatus> {
        *self.ended.borrow()
    }

    pub async fn wait(&self) -> ExitStatus {
        let mut ended = self.ended.clone();
        let status = ended.wait_for(Option::is_some).await.expect("the keeper tells the end before it ends");
        status.expect("just checked")
    }

    pub fn signal(&self, signal: Signal) {
        // After its end the id may be somebody else's.
        if self.ended().is_none()
            && let Some(pid) = Pid::from_raw(self.pid)
        {
            let _ = kill_process(pid, signal);
        }
    }
}
