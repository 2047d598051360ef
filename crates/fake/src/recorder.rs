//! Remembers every request that reached a fake.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use serde_json::Value;

use crate::lock;

/// A fake that runs for hours keeps this many requests, and drops the oldest.
const KEPT: usize = 100_000;

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Recorded {
    pub method: String,
    /// As sent: percent-encoding is left alone.
    pub path: String,
    pub query: Vec<(String, String)>,
    /// Names are lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Recorded {
    pub fn header(&self, name: &str) -> Option<&str> {
        let same = |(key, _): &&(String, String)| key.eq_ignore_ascii_case(name);
        self.headers.iter().find(same).map(|(_, value)| value.as_str())
    }

    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON, if it is JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    fn is(&self, method: &str, path: &str) -> bool {
        self.method == method && self.path.starts_with(path)
    }
}

/// The list of requests; shared by its clones.
#[derive(Debug, Clone, Default)]
pub struct Recorder(Arc<Mutex<VecDeque<Recorded>>>);

impl Recorder {
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.0).iter().cloned().collect()
    }

    /// The requests of this method whose path starts so.
    pub fn matching(&self, method: &str, path: &str) -> Vec<Recorded> {
        let requests = lock(&self.0);
        requests.iter().filter(|request| request.is(method, path)).cloned().collect()
    }

    pub fn count(&self, method: &str, path: &str) -> usize {
        lock(&self.0).iter().filter(|request| request.is(method, path)).count()
    }

    pub fn clear(&self) {
        lock(&self.0).clear();
    }

    pub(crate) fn record(&self, request: Recorded) {
        let mut requests = lock(&self.0);
        if requests.len() == KEPT {
            requests.pop_front();
        }
        requests.push_back(request);
    }
}
