//! The origin API.

use std::sync::Arc;

use async_trait::async_trait;
use percent_encoding::percent_decode_str;

use super::state::State;
use crate::server::Service;
use crate::{Answer, Recorded, lock};

pub(crate) struct OriginService {
    state: Arc<State>,
    index: usize,
}

impl OriginService {
    pub(crate) fn new(state: Arc<State>, index: usize) -> Self {
        Self { state, index }
    }
}

#[async_trait]
impl Service for OriginService {
    async fn answer(&self, request: &Recorded) -> Answer {
        let segments: Vec<&str> = request.path.trim_start_matches('/').split('/').collect();
        match (request.method.as_str(), segments.as_slice()) {
            ("GET", ["health"]) => Answer::new(200).text("OK\n"),
            ("GET", ["readiness"]) => self.readiness(),
            ("GET", ["blobs", digest, "locations"]) => self.locations(&decoded(digest)),
            // The repository is one encoded segment; with a bare slash no route matches.
            ("POST", ["namespace", namespace, "blobs", digest, "prefetch"]) => {
                self.checked(&decoded(namespace), &decoded(digest)).await
            }
            ("GET", ["namespace", namespace, "blobs", digest]) => {
                self.read(&decoded(namespace), &decoded(digest)).await
            }
            ("HEAD", ["internal", "namespace", namespace, "blobs", digest]) => {
                let local = request.parameter("local") == Some("true");
                self.stat(&decoded(namespace), &decoded(digest), local).await
            }
            _ => Answer::new(404).text("404 page not found\n"),
        }
    }
}

impl OriginService {
    fn readiness(&self) -> Answer {
        if self.state.is_down() {
            Answer::new(503).text("not ready to serve traffic: backend unavailable\n")
        } else {
            Answer::new(200).text("OK\n")
        }
    }

    fn locations(&self, digest: &str) -> Answer {
        let hosts: Vec<&str> =
            self.state.owners(digest).iter().map(|&o| self.state.hosts[o].as_str()).collect();
        Answer::new(200).header("origin-locations", hosts.join(","))
    }

    async fn checked(&self, namespace: &str, digest: &str) -> Answer {
        if !is_sha256(digest) {
            return Answer::new(400).text("parse digest: expected sha256 digest\n");
        }
        let refusal = lock(&self.state.cache).refusal(digest);
        match refusal {
            Some(status) => Answer::new(status).text("refused by the test\n"),
            None => self.prefetch(namespace, digest).await,
        }
    }

    /// 200: on disk; 202: on its way; 404: not in the backend.
    async fn prefetch(&self, namespace: &str, digest: &str) -> Answer {
        let now = self.state.knobs.clock.now();
        let known = {
            let cache = lock(&self.state.cache);
            if cache.is_missing(digest, now) {
                return Answer::new(404);
            }
            cache.is_known(self.index, digest)
        };
        if !known {
            if self.state.is_down() {
                return Answer::new(500).text("backend unavailable\n");
            }
            let Some(size) = self.state.backend().size(namespace, digest).await else {
                lock(&self.state.cache).remember_missing(digest, now);
                return Answer::new(404);
            };
            self.begin(digest, size);
        }
        let there = lock(&self.state.cache).poll(self.index, digest, now);
        Answer::new(if there { 200 } else { 202 })
    }

    /// The download happens here and at the other owners.
    fn begin(&self, digest: &str, size: u64) {
        let mut origins = vec![self.index];
        origins.extend(self.state.owners(digest).into_iter().filter(|&origin| origin != self.index));
        let ready_at = self.state.ready_at();
        lock(&self.state.cache).begin(&origins, digest, size, self.state.knobs.pending, ready_at);
    }

    async fn stat(&self, namespace: &str, digest: &str, local: bool) -> Answer {
        let here = lock(&self.state.cache).local(self.index, digest, self.state.knobs.clock.now());
        let size = match here {
            None if !local => self.state.backend().size(namespace, digest).await,
            here => here,
        };
        match size {
            Some(size) => Answer::new(200).header("content-length", size.to_string()),
            None => Answer::new(404),
        }
    }

    async fn read(&self, namespace: &str, digest: &str) -> Answer {
        let answer = self.checked(namespace, digest).await;
        if answer.status != 200 {
            return answer;
        }
        match self.state.backend().bytes(namespace, digest).await {
            Some(bytes) => Answer::new(200).body("application/octet-stream", bytes),
            None => Answer::new(404),
        }
    }
}

fn decoded(segment: &str) -> String {
    percent_decode_str(segment).decode_utf8_lossy().into_owned()
}

fn is_sha256(digest: &str) -> bool {
    let hex = digest.strip_prefix("sha256:").unwrap_or_default();
    hex.len() == 64 && hex.chars().all(|c| c.is_ascii_hexdigit())
}
