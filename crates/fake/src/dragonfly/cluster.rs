//! Clusters and their schedulers.

use std::collections::BTreeSet;

use super::Peer;

/// One scheduler cluster with its peers.
#[derive(Debug, Clone)]
pub struct Cluster {
    pub id: u64,
    pub name: String,
    /// Creates per second.
    pub job_rate_limit: u32,
    /// Without one the cluster is silently skipped.
    pub scheduler: Option<Scheduler>,
    pub peers: Vec<Peer>,
}

#[derive(Debug, Clone)]
pub struct Scheduler {
    pub ip: String,
    pub active: bool,
    pub features: BTreeSet<String>,
}

impl Cluster {
    /// A working cluster: an active scheduler, one seed peer, two normal peers.
    pub fn new(id: u64) -> Self {
        let ip = |host: u64| format!("10.{id}.0.{host}");
        Self {
            id,
            name: format!("cluster-{id}"),
            job_rate_limit: 10,
            scheduler: Some(Scheduler::at(&ip(1))),
            peers: vec![
                Peer::seed("seed-0", &ip(7)),
                Peer::normal("host-8", &ip(8)),
                Peer::normal("host-9", &ip(9)),
            ],
        }
    }

    #[must_use]
    pub fn with_peers(self, peers: Vec<Peer>) -> Self {
        Self { peers, ..self }
    }

    #[must_use]
    pub fn without_seeds(mut self) -> Self {
        self.peers.retain(|peer| !peer.is_seed());
        self
    }

    #[must_use]
    pub fn without_scheduler(self) -> Self {
        Self { scheduler: None, ..self }
    }

    /// The address of the scheduler that takes preheats, if there is one.
    pub(crate) fn preheat_scheduler(&self) -> Option<&str> {
        let scheduler = self.scheduler.as_ref()?;
        (scheduler.active && scheduler.features.contains("preheat")).then_some(scheduler.ip.as_str())
    }
}

impl Scheduler {
    pub fn at(ip: &str) -> Self {
        let features = ["schedule", "preheat"].map(str::to_owned).into();
        Self { ip: ip.to_owned(), active: true, features }
    }
}
