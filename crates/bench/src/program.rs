//! The release binary `forewarm`, run as an operator would.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};

/// The key of the databases' secrets; what they hold opens the fakes and nothing else.
const KEY: &str = "Zm9yZXdhcm0tYmVuY2gtYWxsLXVzZS10aGlzLWtleSE=";
pub const ADMIN_PASSWORD: &str = "a password for the benchmark";
const PATIENCE: Duration = Duration::from_secs(30);

/// Where the binary is, and where its processes write their logs.
#[derive(Debug, Clone)]
pub struct Binary {
    pub path: PathBuf,
    pub folder: PathBuf,
}

/// A running process of one role. Killed with this value.
pub struct Program {
    process: Child,
    log: PathBuf,
}

impl Binary {
    /// The one beside this program.
    pub fn find(given: Option<PathBuf>, folder: &Path) -> anyhow::Result<Self> {
        let path = match given {
            Some(path) => path,
            None => std::env::current_exe()?.with_file_name("forewarm"),
        };
        ensure!(
            path.is_file(),
            "{} is missing: build it with `cargo build --release -p forewarm`",
            path.display()
        );
        Ok(Self { path, folder: folder.to_owned() })
    }

    pub async fn migrate(&self, database: &str) -> anyhow::Result<()> {
        let mut program = self.start("migrate", database, &[])?;
        let status = program.process.wait().await?;
        ensure!(status.success(), "forewarm migrate: {status}\n{}", program.words());
        Ok(())
    }

    /// Starts `forewarm <role>` with variables on top of what every role needs here.
    pub fn start(&self, role: &str, database: &str, variables: &[(&str, &str)]) -> anyhow::Result<Program> {
        let mut command = Command::new(&self.path);
        command.arg(role).env("FOREWARM_DATABASE_URL", database).env("FOREWARM_KEY", KEY);
        command.env("FOREWARM_LOG", "warn").env("FOREWARM_ADMIN_PASSWORD", ADMIN_PASSWORD);
        // The fakes are on this machine, and one user asks more than one should.
        command.env("FOREWARM_ALLOW_LOOPBACK", "true").env("FOREWARM_REQUESTS_PER_SECOND", "0");
        // The time in which news of one artifact gathers is no part of the way.
        command.env("FOREWARM_EVENT_WINDOW_SECONDS", "0");
        command.envs(variables.iter().copied());
        let log = self.folder.join(format!("{role}-{}.log", std::process::id()));
        let output = File::options().create(true).append(true).open(&log)?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?).stderr(output).kill_on_drop(true);
        let process = command.spawn().with_context(|| self.path.display().to_string())?;
        Ok(Program { process, log })
    }
}

impl Program {
    pub fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("a process of forewarm has ended")
    }

    pub fn signal(&self, signal: Signal) -> anyhow::Result<()> {
        let pid = Pid::from_raw(i32::try_from(self.pid()?)?).context("a process id")?;
        Ok(kill_process(pid, signal)?)
    }

    /// Asks it to stop, and waits until it has.
    pub async fn stop(mut self) -> anyhow::Result<()> {
        self.signal(Signal::TERM)?;
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        let status = ended.with_context(|| format!("it does not stop\n{}", self.words()))??;
        ensure!(status.success(), "it ended with {status}\n{}", self.words());
        Ok(())
    }

    /// Waits for the first 200 of `/readyz`, asked every millisecond.
    pub async fn until_ready(&mut self, url: &str, client: &reqwest::Client) -> anyhow::Result<()> {
        let begun = Instant::now();
        let ready = format!("{url}/readyz");
        while !client.get(&ready).send().await.is_ok_and(|answer| answer.status() == 200) {
            ensure!(self.process.try_wait()?.is_none(), "it ended at once\n{}", self.words());
            ensure!(begun.elapsed() < PATIENCE, "it does not become ready\n{}", self.words());
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// What it has said so far.
    pub fn words(&self) -> String {
        std::fs::read_to_string(&self.log).unwrap_or_default()
    }
}
