//! The postmaster: how it is configured, found ready, watched and stopped.

use std::path::Path;
use std::process::ExitStatus;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::{Instant, sleep, timeout};

use super::binaries::Binaries;
use super::layout::{Layout, PORT};
use super::log::Log;
use super::pidfile::PidFile;
use super::process::{Process, command};
use super::{EmbeddedError, EmbeddedOptions};

const START_LIMIT: Duration = Duration::from_secs(60);
/// A fast shutdown only waits for its checkpoint.
const STOP_LIMIT: Duration = Duration::from_secs(30);
const POLL: Duration = Duration::from_millis(5);

/// A postmaster that has been ready once. Dropping it sends SIGINT and does not wait.
#[derive(Debug)]
pub(super) struct Server {
    process: Process,
    log: Log,
}

impl Server {
    pub async fn start(
        layout: &Layout,
        binaries: &Binaries,
        options: &EmbeddedOptions,
    ) -> Result<Self, EmbeddedError> {
        let log = Log::open(layout)?;
        let mut postgres = command(binaries.program("postgres"), layout, &log, Signal::INT)?;
        postgres.arg("-D").arg(layout.data());
        for (name, value) in settings(layout, options) {
            postgres.arg("-c").arg(format!("{name}={value}"));
        }
        let server = Self { process: Process::spawn(postgres, layout.account())?, log };
        server.until_ready(layout).await?;
        Ok(server)
    }

    pub fn pid(&self) -> i32 {
        self.process.pid()
    }

    pub async fn wait(&self) -> ExitStatus {
        self.process.wait().await
    }

    pub fn last_words(&self) -> String {
        self.log.tail()
    }

    pub async fn stop(&self) -> Result<ExitStatus, EmbeddedError> {
        // Fast; then immediate, after which the next start recovers from the log as after a crash.
        for signal in [Signal::INT, Signal::QUIT] {
            self.process.signal(signal);
            if let Ok(status) = timeout(STOP_LIMIT, self.wait()).await {
                return Ok(status);
            }
        }
        Err(EmbeddedError::NotStopped { pid: self.pid() })
    }

    async fn until_ready(&self, layout: &Layout) -> Result<(), EmbeddedError> {
        let begin = Instant::now();
        let ready = PidFile { pid: self.pid(), ready: true };
        while PidFile::read(&layout.pid_file()).as_ref() != Some(&ready) {
            if let Some(status) = self.process.ended() {
                let log = self.log.tail();
                return Err(EmbeddedError::EndedEarly {
                    program: "postgres",
                    status: status.to_string(),
                    log,
                });
            }
            if begin.elapsed() > START_LIMIT {
                return Err(EmbeddedError::NotReady { seconds: START_LIMIT.as_secs(), log: self.log.tail() });
            }
            sleep(POLL).await;
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.signal(Signal::INT);
    }
}

fn settings(layout: &Layout, options: &EmbeddedOptions) -> Vec<(String, String)> {
    let ours = [
        ("listen_addresses", String::new()),
        ("port", PORT.to_string()),
        ("unix_socket_directories", quoted(layout.socket_dir())),
        ("unix_socket_permissions", "0700".to_owned()),
        ("max_connections", options.max_connections.to_string()),
        ("shared_buffers", "32MB".to_owned()),
        ("fsync", "on".to_owned()),
        // A line every five minutes for years is no use to anybody.
        ("log_checkpoints", "off".to_owned()),
    ];
    let ours = ours.into_iter().map(|(name, value)| (name.to_owned(), value));
    ours.chain(options.settings.iter().cloned()).collect()
}

/// As an element of a list setting, where a bare comma or blank would end it.
fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.to_string_lossy().replace('"', "\"\""))
}
