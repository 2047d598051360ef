//! Worker processes: hired, killed, frozen, stopped.

use std::process::ExitStatus;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use tempfile::NamedTempFile;
use tokio::process::{Child, Command};

use super::scene::{PATIENCE, POLL};
use crate::support::server::{command, signal_to};

/// One process; it ends with this value.
pub struct Worker {
    process: Child,
    log: NamedTempFile,
}

impl Worker {
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_as(command("worker", variables))
    }

    /// A command that becomes a worker.
    pub fn start_as(mut command: Command) -> Self {
        let log = NamedTempFile::new().unwrap();
        let process = command.stderr(log.reopen().unwrap()).spawn().unwrap();
        Self { process, log }
    }

    /// SIGKILL, if it still lives.
    pub async fn kill(&mut self) {
        if self.process.try_wait().unwrap().is_none() {
            self.process.kill().await.unwrap();
        }
    }

    /// To a process that may have died by now.
    pub fn signal(&self, signal: Signal) {
        if self.process.id().is_some() {
            signal_to(&self.process, signal);
        }
    }

    /// Waits until it has begun to work, and listens to signals, or has died before.
    pub async fn ready(&mut self) {
        let begun = Instant::now();
        while !self.log().contains("working") && self.process.try_wait().unwrap().is_none() {
            assert!(begun.elapsed() < PATIENCE, "a worker never began:\n{}", self.log());
            tokio::time::sleep(POLL).await;
        }
    }

    /// Waits for its end.
    pub async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(PATIENCE, self.process.wait()).await;
        ended.unwrap_or_else(|_| panic!("a worker never ended:\n{}", self.log())).unwrap()
    }

    /// Waits for its end, and answers how long that took.
    pub async fn stopped(&mut self) -> (ExitStatus, Duration) {
        let begun = Instant::now();
        self.signal(Signal::TERM);
        (self.ended().await, begun.elapsed())
    }

    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log.path()).unwrap_or_default()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("a worker's log:\n{}", self.log());
        }
    }
}

#[tokio::test]
async fn a_worker_that_died_before_it_began_is_not_waited_for() {
    let mut worker = Worker::start_as(Command::new("false"));

    worker.ready().await;

    assert!(!worker.stopped().await.0.success());
}
