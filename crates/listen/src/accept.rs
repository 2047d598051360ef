//! Takes connections in, as many as there may be.

use std::io::{self, ErrorKind};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, sleep};

/// How long to wait when the system has nothing left to accept with, mostly file descriptors.
const PAUSE: Duration = Duration::from_millis(500);
/// How often it is said that all connections are in use.
const REMINDER: Duration = Duration::from_secs(60);

/// Takes connections in while there is room.
pub(crate) struct Door {
    listener: TcpListener,
    room: Arc<Semaphore>,
    size: usize,
    said_full: Option<Instant>,
}

/// One connection; its place is free again when it is dropped.
pub(crate) struct Visitor {
    pub(crate) socket: TcpStream,
    pub(crate) address: SocketAddr,
    pub(crate) _place: OwnedSemaphorePermit,
}

impl Door {
    pub(crate) fn new(listener: TcpListener, size: usize) -> Self {
        Self { listener, room: Arc::new(Semaphore::new(size)), size, said_full: None }
    }

    /// The next connection. None: nobody can ever come, which does not happen.
    pub(crate) async fn next(&mut self) -> Option<Visitor> {
        let place = self.place().await?;
        loop {
            match self.listener.accept().await {
                Ok((socket, address)) => return Some(Visitor { socket, address, _place: place }),
                // Only that connection is lost.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "no connection can be accepted just now; trying again");
                    sleep(PAUSE).await;
                }
            }
        }
    }

    async fn place(&mut self) -> Option<OwnedSemaphorePermit> {
        if let Ok(place) = self.room.clone().try_acquire_owned() {
            return Some(place);
        }
        if self.said_full.is_none_or(|said| said.elapsed() > REMINDER) {
            tracing::warn!(connections = self.size, "all connections are in use; others wait until one ends");
            self.said_full = Some(Instant::now());
        }
        self.room.clone().acquire_owned().await.ok()
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset | ErrorKind::ConnectionRefused
    ) || error.kind() == ErrorKind::Interrupted
}
