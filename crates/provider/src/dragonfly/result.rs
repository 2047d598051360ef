//! What a job's result proves, blob by blob, whatever layout the manager's release uses: one entry per scheduler
//! cluster (2.3.1 and later) or one per cluster and blob (up to 2.3.0).

use std::collections::{BTreeMap, BTreeSet};

use forewarm_domain::task::{MAX_LISTED, PeerFailure, Report};

use super::expected;
use super::job::{ClusterResult, GroupResult, PeerTask, QueueTask};
use crate::Preheat;
use crate::text::{Blotter, clip, without_values};

/// The most that is kept of one failure's address or peer, in bytes.
const LONGEST_NAME: usize = 512;

/// Peers by blob.
pub(super) type Confirmed = BTreeMap<String, BTreeSet<String>>;

/// The union of all that a result says.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) expected: Vec<String>,
    /// By scheduler cluster.
    pub(super) clusters: BTreeMap<u64, Confirmed>,
    pub(super) failures: Vec<PeerFailure>,
    pub(super) failure_count: usize,
    pub(super) errors: Vec<String>,
    /// States of queue tasks that had not ended: nothing is known of those.
    pub(super) open: Vec<String>,
    /// Queue tasks that ended well and say nothing of what they did.
    pub(super) silent: usize,
    bytes: u64,
}

impl Tally {
    pub(super) fn of(preheat: &Preheat, result: &GroupResult, blotter: &Blotter) -> Self {
        let mut tally =
            Self { expected: expected::keys(preheat), bytes: expected::bytes(preheat), ..Self::default() };
        for task in &result.job_states {
            tally.add(preheat, task, blotter);
        }
        tally
    }

    /// What some cluster, of those that answered, does not have; fit to be shown.
    pub(super) fn missing(&self) -> Vec<String> {
        let everywhere = |key: &&String| {
            !self.clusters.is_empty() && self.clusters.values().all(|cluster| cluster.contains_key(*key))
        };
        self.expected.iter().filter(|key| !everywhere(key)).map(|key| without_values(key)).collect()
    }

    /// Peers that confirmed something.
    pub(super) fn peers(&self) -> BTreeSet<&String> {
        self.clusters.values().flat_map(BTreeMap::values).flatten().collect()
    }

    pub(super) fn report(&self) -> Report {
        let missing = self.missing();
        Report {
            expected: number(self.expected.len()),
            confirmed: number(self.expected.len() - missing.len()),
            bytes: self.bytes,
            missing: missing.into_iter().take(MAX_LISTED).collect(),
            failures: self.failures.clone(),
            failure_count: number(self.failure_count),
            peers: self.peers().into_iter().take(MAX_LISTED).cloned().collect(),
        }
    }

    fn add(&mut self, preheat: &Preheat, task: &QueueTask, blotter: &Blotter) {
        let error = blotter.clean(&task.error);
        if !error.is_empty() && !self.errors.contains(&error) {
            self.errors.push(error);
        }
        match task.state.to_uppercase().as_str() {
            "SUCCESS" if task.results.is_empty() => self.silent += 1,
            "SUCCESS" | "FAILURE" => {}
            other => self.open.push(clip(other, 32)),
        }
        for result in &task.results {
            self.add_cluster(preheat, result, blotter);
        }
    }

    fn add_cluster(&mut self, preheat: &Preheat, result: &ClusterResult, blotter: &Blotter) {
        let cluster = self.clusters.entry(result.scheduler_cluster_id).or_default();
        for task in &result.success_tasks {
            let key = expected::key(preheat, &task.url);
            cluster.entry(key.to_owned()).or_default().insert(peer(task));
        }
        self.failure_count += result.failure_tasks.len();
        for task in &result.failure_tasks {
            if self.failures.len() == MAX_LISTED {
                break;
            }
            self.failures.push(PeerFailure {
                url: clip(&without_values(&task.url), LONGEST_NAME),
                peer: peer(task),
                description: blotter.clean(&task.description),
            });
        }
    }
}

/// `host (address)`; a scheduler that forgot the host says `unknown`.
fn peer(task: &PeerTask) -> String {
    let name = match (task.hostname.as_str(), task.ip.as_str()) {
        ("", ip) => ip.to_owned(),
        (hostname, "") => hostname.to_owned(),
        (hostname, ip) => format!("{hostname} ({ip})"),
    };
    clip(&name, LONGEST_NAME)
}

fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}
