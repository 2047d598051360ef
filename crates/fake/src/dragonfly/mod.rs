//! A fake Dragonfly manager with its schedulers and peers, as of Dragonfly 2.3.1 to 2.5.1, awkwardness included.

mod access;
mod args;
mod cluster;
mod cluster_routes;
mod create;
mod filters;
mod gzip;
mod inspect;
mod job;
mod job_routes;
mod knobs;
mod legacy;
mod link;
mod manifest;
mod peer;
mod platform;
mod queue;
mod refresh;
mod resolve;
mod result;
mod routes;
mod run;
mod select;
mod snapshot;
mod token;
mod user_routes;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use cluster::{Cluster, Scheduler};
pub use inspect::{JobView, QueueView};
pub use knobs::{Generation, Keys, Knobs, User};
pub use peer::{Behaviour, Kind, Peer};
pub use queue::Completion;
pub use resolve::{Outcome, Script};
pub use result::{ClusterResult, TaskResult};
pub use token::Token;

use crate::server::{Bound, Server, any_port};
use crate::{Faults, Recorder};
use routes::Manager;
use world::World;

/// The personal access token that works unless the knobs say otherwise.
pub const TEST_TOKEN: &str = "test-pat";

/// A running manager. It stops when dropped.
#[derive(Debug)]
pub struct Dragonfly {
    manager: Arc<Manager>,
    server: Server,
}

impl Dragonfly {
    /// Starts with default [`Knobs`] on a clock that stands still.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Knobs::default()).await
    }

    pub async fn start_with(knobs: Knobs) -> io::Result<Self> {
        Self::start_at(any_port(), knobs).await
    }

    /// Listens on a fixed address.
    pub async fn start_at(address: SocketAddr, knobs: Knobs) -> io::Result<Self> {
        let bound = Bound::bind(address).await?;
        let manager = Arc::new(Manager::new(World::new(knobs)));
        let server = bound.serve(Arc::<Manager>::clone(&manager));
        Ok(Self { manager, server })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        self.server.url()
    }

    pub fn recorder(&self) -> &Recorder {
        &self.server.recorder
    }

    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    /// Closes the port and finishes open answers.
    pub async fn stop(&mut self) {
        self.server.stop().await;
    }
}
