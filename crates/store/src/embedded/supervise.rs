//! Keeping the server up: it is restarted when it dies, but not for ever.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use tokio::time::Instant;

use super::server::Server;
use super::{Embedded, EmbeddedError, pidfile, runtime};

/// A server that dies more often than this will do so again: better to end and be noticed.
const DEATHS: usize = 5;
const WITHIN: Duration = Duration::from_secs(60);

impl Embedded {
    /// Runs until `shutdown` resolves, then stops the server. When the server dies it is restarted, with the same URL;
    /// an error means that this was of no use, and that the process should end.
    pub async fn supervise(mut self, shutdown: impl Future<Output = ()>) -> Result<(), EmbeddedError> {
        let mut shutdown = pin!(shutdown);
        let mut deaths = VecDeque::new();
        loop {
            let status = tokio::select! {
                () = &mut shutdown => return self.stop().await,
                status = self.wait() => status,
            };
            tracing::error!(%status, "embedded Postgres died and is restarted: {}", self.server.last_words());
            deaths.push_back(Instant::now());
            deaths.retain(|death| death.elapsed() < WITHIN);
            if deaths.len() >= DEATHS {
                return Err(EmbeddedError::KeepsDying {
                    times: deaths.len(),
                    seconds: WITHIN.as_secs(),
                    status: status.to_string(),
                    log: self.server.last_words(),
                });
            }
            self.restart().await?;
        }
    }

    async fn restart(&mut self) -> Result<(), EmbeddedError> {
        pidfile::clear(&self.layout).await?;
        self.server = Server::start(&self.layout, &self.binaries, &self.options).await?;
        runtime::write(&self.layout, &self.url(), self.server.pid())
    }
}
