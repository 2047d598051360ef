//! Remembers every request that reached a fake.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::SystemTime;

use serde_json::Value;

use crate::lock;

/// A fake that runs for hours keeps this many requests unless told otherwise, and drops the oldest.
const KEPT: usize = 100_000;

/// One request as it came in.
#[derive(Debug, Clone)]
pub struct Recorded {
    /// When its body was there, by the wall clock, whatever the fake's own clock says.
    pub received_at: SystemTime,
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
pub struct Recorder(Arc<Mutex<List>>);

#[derive(Debug)]
struct List {
    requests: VecDeque<Arc<Recorded>>,
    most: usize,
}

impl Default for List {
    fn default() -> Self {
        Self { requests: VecDeque::new(), most: KEPT }
    }
}

impl Recorder {
    pub fn requests(&self) -> Vec<Recorded> {
        lock(&self.0).requests.iter().map(|request| Recorded::clone(request)).collect()
    }

    /// The requests of this method whose path starts so.
    pub fn matching(&self, method: &str, path: &str) -> Vec<Recorded> {
        let list = lock(&self.0);
        list.requests
            .iter()
            .filter(|request| request.is(method, path))
            .map(|request| Recorded::clone(request))
            .collect()
    }

    pub fn count(&self, method: &str, path: &str) -> usize {
        lock(&self.0).requests.iter().filter(|request| request.is(method, path)).count()
    }

    /// Those that are being answered: whoever answers holds on to its request.
    pub fn under_way(&self) -> Vec<Recorded> {
        let list = lock(&self.0);
        let held = list.requests.iter().filter(|request| Arc::strong_count(request) > 1);
        held.map(|request| Recorded::clone(request)).collect()
    }

    pub fn clear(&self) {
        lock(&self.0).requests.clear();
    }

    /// From now on no more than this many are kept, the newest.
    pub fn keep(&self, most: usize) {
        let mut list = lock(&self.0);
        list.most = most.max(1);
        let surplus = list.requests.len().saturating_sub(list.most);
        list.requests.drain(..surplus);
    }

    pub(crate) fn record(&self, request: Arc<Recorded>) {
        let mut list = lock(&self.0);
        if list.requests.len() == list.most {
            list.requests.pop_front();
        }
        list.requests.push_back(request);
    }
}
