//! A fake Harbor in memory: its API v2.0, its accounts, and a registry behind them, as of goharbor/harbor c50c7ddd
//! (2.16).

mod account;
mod artifact;
mod artifacts;
mod distribution;
mod knobs;
mod lie;
mod paging;
mod project;
mod projects;
mod query;
mod routes;
mod rules;
mod scan;
mod setup;
mod shelf;
mod system;
mod token;
mod view;
mod world;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use account::READER;
pub use knobs::Knobs;
pub use lie::Lie;
pub use scan::Scan;
pub use setup::Setup;

use crate::clock::Clock;
use crate::registry::{self, Registry};
use crate::server::{Bound, Server, any_port};
use crate::{Faults, Recorder};
use routes::HarborService;
use world::World;

/// The name of the administrator.
pub const ADMIN: &str = "admin";
/// The administrator's password.
pub const ADMIN_PASSWORD: &str = "Harbor12345";

/// A running Harbor. It stops when dropped.
#[derive(Debug)]
pub struct Harbor {
    world: Arc<World>,
    registry: Registry,
    server: Server,
}

impl Harbor {
    /// Starts with default [`Knobs`], an administrator and nothing else.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Knobs::default()).await
    }

    pub async fn start_with(knobs: Knobs) -> io::Result<Self> {
        Self::start_at(any_port(), knobs).await
    }

    /// Listens on a fixed address.
    pub async fn start_at(address: SocketAddr, knobs: Knobs) -> io::Result<Self> {
        let bound = Bound::bind(address).await?;
        let behind = registry::Knobs { clock: knobs.clock.clone(), ..registry::Knobs::default() };
        let registry = Registry::start_with(behind).await?;
        let world = Arc::new(World::new(knobs, bound.url(), Arc::clone(registry.distribution())));
        let server = bound.serve(Arc::new(HarborService(Arc::clone(&world))));
        Ok(Self { world, registry, server })
    }

    /// `http://127.0.0.1:port`
    pub fn url(&self) -> String {
        self.server.url()
    }

    /// `127.0.0.1:port`, as in an image reference.
    pub fn host(&self) -> String {
        self.server.address.to_string()
    }

    pub fn clock(&self) -> &Clock {
        &self.world.knobs.clock
    }

    /// The registry behind it: to push what has no method here, to count pulls, to lie. Its own port knows nothing of
    /// Harbor's accounts and rules.
    pub fn registry(&self) -> &Registry {
        &self.registry
    }

    pub fn recorder(&self) -> &Recorder {
        &self.server.recorder
    }

    pub fn faults(&self) -> &Faults {
        &self.server.faults
    }

    /// From now on it lies so.
    pub fn lie(&self, lie: Lie) {
        crate::lock(&self.world.lies).push(lie);
    }

    pub fn stop_lying(&self) {
        crate::lock(&self.world.lies).clear();
    }

    /// How many registry tokens were given.
    pub fn tokens_given(&self) -> usize {
        crate::lock(&self.world.tokens).len()
    }

    /// Closes the port and finishes open answers.
    pub async fn stop(&mut self) {
        self.server.stop().await;
        self.registry.stop().await;
    }
}
