//! A fake Kraken: origins with their disk caches, and the proxy with its preheat handlers.

mod backend;
mod cache;
mod event;
mod knobs;
mod notification;
mod origin;
mod prefetch;
mod proxy;
mod state;

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

pub use backend::Backend;
pub use event::Event;
pub use knobs::Knobs;

use crate::clock::Clock;
use crate::server::{Bound, Server, any_port};
use crate::{Faults, Recorder, lock};
use origin::OriginService;
use proxy::ProxyService;
use state::State;

/// A running cluster: at least one origin, and a proxy. It stops when dropped.
#[derive(Debug)]
pub struct Kraken {
    state: Arc<State>,
    origins: Vec<Server>,
    proxy: Server,
}

impl Kraken {
    /// Starts with default [`Knobs`]: one origin whose backend has everything.
    pub async fn start() -> io::Result<Self> {
        Self::start_with(Knobs::default()).await
    }

    pub async fn start_with(knobs: Knobs) -> io::Result<Self> {
        Self::start_at(any_port(), any_port(), knobs).await
    }

    /// The first origin and the proxy listen on fixed addresses.
    pub async fn start_at(origin: SocketAddr, proxy: SocketAddr, knobs: Knobs) -> io::Result<Self> {
        let mut bound = vec![Bound::bind(origin).await?];
        for _ in 1..knobs.origins {
            bound.push(Bound::bind(any_port()).await?);
        }
        let proxy = Bound::bind(proxy).await?;
        let hosts = bound.iter().map(|origin| origin.address.to_string()).collect();
        let state = Arc::new(State::new(knobs, hosts));
        let serve = |(index, origin): (usize, Bound)| {
            origin.serve(Arc::new(OriginService::new(Arc::clone(&state), index)))
        };
        let origins = bound.into_iter().enumerate().map(serve).collect();
        Ok(Self { origins, proxy: proxy.serve(Arc::new(ProxyService(Arc::clone(&state)))), state })
    }

    /// The first origin: `http://127.0.0.1:port`.
    pub fn url(&self) -> String {
        self.origin_url(0)
    }

    /// Panics when there is no such origin.
    pub fn origin_url(&self, index: usize) -> String {
        self.origins[index].url()
    }

    pub fn proxy_url(&self) -> String {
        self.proxy.url()
    }

    pub fn clock(&self) -> &Clock {
        &self.state.knobs.clock
    }

    /// Requests to the first origin.
    pub fn recorder(&self) -> &Recorder {
        &self.origins[0].recorder
    }

    /// Panics when there is no such origin.
    pub fn origin_recorder(&self, index: usize) -> &Recorder {
        &self.origins[index].recorder
    }

    pub fn proxy_recorder(&self) -> &Recorder {
        &self.proxy.recorder
    }

    /// Faults of the first origin.
    pub fn faults(&self) -> &Faults {
        &self.origins[0].faults
    }

    pub fn proxy_faults(&self) -> &Faults {
        &self.proxy.faults
    }

    /// How often this blob's prefetch answers 202 before it answers 200.
    pub fn pending(&self, digest: &str, times: u32) {
        lock(&self.state.cache).pending(digest, times);
    }

    /// The next `times` prefetches of this blob are answered with this status: 404, 500, 503.
    pub fn refuse(&self, digest: &str, status: u16, times: u32) {
        lock(&self.state.cache).refuse(digest, status, times);
    }

    /// Whether every origin that owns the blob has it on its disk.
    pub fn has(&self, digest: &str) -> bool {
        let now = self.state.knobs.clock.now();
        let cache = lock(&self.state.cache);
        self.state.owners(digest).iter().all(|&origin| cache.is_local(origin, digest, now))
    }

    /// What is on the disks, sorted.
    pub fn cached(&self) -> Vec<String> {
        lock(&self.state.cache).all(self.state.knobs.clock.now())
    }

    /// As the clean-up does after some idle time: nothing is cached any more.
    pub fn forget_all(&self) {
        lock(&self.state.cache).clear();
    }

    /// Whether the backend can be reached.
    pub fn set_backend_down(&self, down: bool) {
        *lock(&self.state.backend_down) = down;
    }

    pub fn set_backend(&self, backend: Backend) {
        *lock(&self.state.backend) = backend;
    }

    /// Every event that was posted, with what became of it.
    pub fn events(&self) -> Vec<Event> {
        lock(&self.state.events).clone()
    }

    /// The events that would preheat: `repository@digest`, in order.
    pub fn received(&self) -> Vec<String> {
        let events = lock(&self.state.events);
        let accepted = events.iter().filter(|event| event.accepted);
        accepted.map(|event| format!("{}@{}", event.repository, event.digest)).collect()
    }

    /// What was asked of the proxy's prefetch, as it understood it: `namespace/name:tag`.
    pub fn prefetched_tags(&self) -> Vec<String> {
        lock(&self.state.tags).clone()
    }

    pub async fn stop(&mut self) {
        self.proxy.stop().await;
        for origin in &mut self.origins {
            origin.stop().await;
        }
    }
}
