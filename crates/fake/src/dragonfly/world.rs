//! Everything a fake manager remembers.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};

use super::job::Job;
use super::refresh::refresh;
use super::resolve::Script;
use super::{Cluster, Knobs, Token};
use crate::clock::delta;

/// How old an answer of the other replica may be.
const REPLICA_AGE: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct World {
    pub(crate) knobs: Knobs,
    pub(crate) clusters: Vec<Cluster>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) script: Script,
    pub(crate) jobs: BTreeMap<u64, Job>,
    /// User names by their session's token.
    pub(crate) sessions: HashMap<String, String>,
    /// Accepted creates by URL.
    pub(crate) submissions: BTreeMap<String, usize>,
    /// Creates by cluster within one second.
    rate: HashMap<u64, (i64, u32)>,
    last_gc: DateTime<Utc>,
    reads: usize,
    /// Whether the present read is served from the copy.
    lagging: bool,
    copy: Option<(DateTime<Utc>, BTreeMap<u64, Job>)>,
}

impl World {
    pub(crate) fn new(knobs: Knobs) -> Self {
        Self {
            clusters: knobs.clusters.clone(),
            tokens: knobs.tokens.clone(),
            script: knobs.registry.clone(),
            last_gc: knobs.clock.now(),
            jobs: BTreeMap::new(),
            sessions: HashMap::new(),
            submissions: BTreeMap::new(),
            rate: HashMap::new(),
            reads: 0,
            lagging: false,
            copy: None,
            knobs,
        }
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.knobs.clock.now()
    }

    /// A time as answers show it.
    pub(crate) fn printed(&self, moment: DateTime<Utc>) -> String {
        let shown = self.knobs.clock.shown(moment) + delta(self.knobs.clock_skew);
        shown.to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// Everything that was due up to now: refreshes, then the removal of old rows.
    pub(crate) fn settle(&mut self) {
        let now = self.now();
        for job in self.jobs.values_mut() {
            refresh(job, &self.knobs.refresh_schedule, now);
        }
        let interval = delta(self.knobs.gc_interval);
        while self.last_gc + interval <= now {
            self.last_gc += interval;
            let oldest = self.last_gc - delta(self.knobs.gc_ttl);
            self.jobs.values_mut().filter(|job| job.created_at < oldest).for_each(|job| job.deleted = true);
        }
    }

    /// Decides which replica serves the read that comes next; the second one may lag.
    pub(crate) fn begin_read(&mut self) {
        self.reads += 1;
        self.lagging = self.knobs.replicas > 1 && self.reads.is_multiple_of(2);
        let now = self.now();
        let fresh = matches!(&self.copy, Some((at, _)) if now - *at < delta(REPLICA_AGE));
        if self.lagging && !fresh {
            self.copy = Some((now, self.jobs.clone()));
        }
    }

    /// The rows as that replica knows them.
    pub(crate) fn rows(&self) -> impl Iterator<Item = &Job> {
        let copy = self.copy.as_ref().filter(|_| self.lagging);
        let rows = copy.map_or(&self.jobs, |(_, rows)| rows);
        rows.values().filter(|job| !job.deleted)
    }

    /// The row as it is now.
    pub(crate) fn row(&mut self, id: u64) -> Option<&mut Job> {
        self.jobs.get_mut(&id).filter(|job| !job.deleted)
    }

    /// Counts one create for each of these clusters; false when one is unknown or has had too many.
    pub(crate) fn within_rate(&mut self, clusters: &[u64]) -> bool {
        let second = self.now().timestamp();
        clusters.iter().all(|id| {
            let Some(cluster) = self.clusters.iter().find(|cluster| cluster.id == *id) else {
                return false;
            };
            let entry = self.rate.entry(*id).or_insert((second, 0));
            if entry.0 != second {
                *entry = (second, 0);
            }
            entry.1 += 1;
            entry.1 <= cluster.job_rate_limit
        })
    }
}
