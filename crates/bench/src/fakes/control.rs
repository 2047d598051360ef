//! The other end: starts the process and tells it what to do.

use std::process::Stdio;

use anyhow::Context as _;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout};

use super::{Command, Places};

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

    /// Forgets which requests came in so far.
    pub async fn forget(&mut self) -> anyhow::Result<()> {
        self.tell(Command::Forget).await
    }

    async fn tell<T: DeserializeOwned>(&mut self, command: Command) -> anyhow::Result<T> {
        self.input.write_all(format!("{}\n", serde_json::to_string(&command)?).as_bytes()).await?;
        let answer = self.output.next_line().await?.context("the fakes have ended")?;
        Ok(serde_json::from_str(&answer)?)
    }
}
