//! What the servers of one fake Kraken share.

use std::sync::Mutex;

use chrono::{DateTime, Utc};

use super::cache::Cache;
use super::{Backend, Event, Knobs};
use crate::bytes::seed_of;
use crate::clock::delta;
use crate::lock;

/// How many origins own a blob.
const REPLICAS: usize = 3;

#[derive(Debug)]
pub(crate) struct State {
    pub(crate) knobs: Knobs,
    /// `host:port` of the origins.
    pub(crate) hosts: Vec<String>,
    pub(crate) cache: Mutex<Cache>,
    pub(crate) backend: Mutex<Backend>,
    pub(crate) backend_down: Mutex<bool>,
    pub(crate) events: Mutex<Vec<Event>>,
    pub(crate) tags: Mutex<Vec<String>>,
    /// nginx's bucket: when it was last looked at, and how full it was.
    pub(crate) bucket: Mutex<Option<(DateTime<Utc>, f64)>>,
}

impl State {
    pub(crate) fn new(knobs: Knobs, hosts: Vec<String>) -> Self {
        Self {
            backend: Mutex::new(knobs.backend.clone()),
            knobs,
            hosts,
            cache: Mutex::default(),
            backend_down: Mutex::default(),
            events: Mutex::default(),
            tags: Mutex::default(),
            bucket: Mutex::default(),
        }
    }

    /// The origins that own a blob on the hash ring.
    pub(crate) fn owners(&self, digest: &str) -> Vec<usize> {
        let mut all: Vec<usize> = (0..self.hosts.len()).collect();
        all.sort_by_key(|origin| seed_of(&format!("{digest} {origin}")));
        all.truncate(REPLICAS);
        all
    }

    pub(crate) fn backend(&self) -> Backend {
        lock(&self.backend).clone()
    }

    pub(crate) fn is_down(&self) -> bool {
        *lock(&self.backend_down)
    }

    pub(crate) fn ready_at(&self) -> DateTime<Utc> {
        self.knobs.clock.now() + delta(self.knobs.download_time)
    }

    /// A download that nobody polls: what the proxy starts.
    pub(crate) async fn download(&self, namespace: &str, digest: &str) {
        if let Some(size) = self.backend().size(namespace, digest).await {
            let ready_at = self.ready_at();
            lock(&self.cache).begin(&self.owners(digest), digest, size, 0, ready_at);
        }
    }
}
