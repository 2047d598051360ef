//! How many requests one host gets at a time, whoever in this process makes them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;

/// Requests to one host at a time.
const REQUESTS: usize = 8;
/// Blobs read from one host at a time: those take long, and each has a connection of its own.
const BLOBS: usize = 32;
/// Hosts remembered before those without a request under way are forgotten.
const REMEMBERED: usize = 1000;

/// The right to make one request; given back when dropped.
#[derive(Debug, Default)]
pub(crate) struct Slot {
    _permit: Option<OwnedSemaphorePermit>,
}

/// The limits of all hosts; clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Slots {
    per_host: usize,
    hosts: Arc<Mutex<HashMap<String, Arc<Semaphore>>>>,
}

impl Slots {
    pub(crate) fn for_requests() -> Self {
        Self { per_host: REQUESTS, hosts: Arc::default() }
    }

    pub(crate) fn for_blobs() -> Self {
        Self { per_host: BLOBS, hosts: Arc::default() }
    }

    pub(crate) async fn take(&self, url: &Url) -> Slot {
        let host = self.host(crate::error::place(url));
        // Nobody closes these semaphores; without a permit the request would merely be unlimited.
        Slot { _permit: host.acquire_owned().await.ok() }
    }

    fn host(&self, place: String) -> Arc<Semaphore> {
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= REMEMBERED {
            hosts.retain(|_, semaphore| Arc::strong_count(semaphore) > 1);
        }
        let semaphore = hosts.entry(place).or_insert_with(|| Arc::new(Semaphore::new(self.per_host)));
        semaphore.clone()
    }
}
