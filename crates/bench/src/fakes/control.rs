//! The other end: starts the process and tells it what to do.

use std::process::Stdio;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, ensure};
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::{Command, Places};

/// How long to wait for a job to be asked of an engine.
const PATIENCE: Duration = Duration::from_secs(60);
/// The engine notes when it was asked, so this is no part of any figure.
const LOOK: Duration = Duration::from_millis(10);

/// The running process; it ends with this value.
pub struct Fakes {
    pub places: Places,
    process: Child,
    input: ChildStdin,
    output: Lines<BufReader<ChildStdout>>,
}

impl Fakes {
    pub async fn start() -> anyhow::Result<Self> {
        let mut command = tokio::process::Command::new(std::env::current_exe()?);
        command.arg("fakes").stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true);
        let mut process = command.spawn().context("the process of the fakes")?;
        let input = process.stdin.take().context("its input")?;
        let mut output = BufReader::new(process.stdout.take().context("its output")?).lines();
        let first = output.next_line().await?.context("the fakes ended at once")?;
        Ok(Self { places: serde_json::from_str(&first)?, process, input, output })
    }

    pub fn pid(&self) -> anyhow::Result<u32> {
        self.process.id().context("the fakes have ended")
    }

    pub async fn fill(&mut self, namespace: &str, repositories: usize, tags: usize) -> anyhow::Result<()> {
        self.tell(Command::Fill { namespace: namespace.to_owned(), repositories, tags }).await
    }

    /// Pushes one image and answers what the registry tells its subscribers of it.
    pub async fn push(&mut self, repository: &str, tag: &str) -> anyhow::Result<Value> {
        self.tell(Command::Push { repository: repository.to_owned(), tag: tag.to_owned() }).await
    }

    /// Waits for the first job asked of the quick engine since the last [`Fakes::forget`], and answers when it came.
    pub async fn first_arrival(&mut self) -> anyhow::Result<SystemTime> {
        let begun = Instant::now();
        loop {
            if let Some(first) = self.arrivals().await?.first() {
                return Ok(*first);
            }
            ensure!(begun.elapsed() < PATIENCE, "nothing was asked of the engine for {PATIENCE:?}");
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Forgets which requests came in so far.
    pub async fn forget(&mut self) -> anyhow::Result<()> {
        self.tell(Command::Forget).await
    }

    /// How many jobs the slow engine works on.
    pub async fn held(&mut self) -> anyhow::Result<usize> {
        self.tell(Command::Held).await
    }

    async fn arrivals(&mut self) -> anyhow::Result<Vec<SystemTime>> {
        let nanoseconds: Vec<u64> = self.tell(Command::Arrivals).await?;
        Ok(nanoseconds.into_iter().map(|since| UNIX_EPOCH + Duration::from_nanos(since)).collect())
    }

    async fn tell<T: DeserializeOwned>(&mut self, command: Command) -> anyhow::Result<T> {
        self.input.write_all(format!("{}\n", serde_json::to_string(&command)?).as_bytes()).await?;
        let answer = self.output.next_line().await?.context("the fakes have ended")?;
        Ok(serde_json::from_str(&answer)?)
    }
}
