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
    /// By id, which is also the order of creation. A row is behind until it is refreshed.
    pub(crate) jobs: BTreeMap<u64, Job>,
    /// How many of them are not deleted.
    present: usize,
    /// Rows before this id were found too old already.
    collected: u64,
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
            present: 0,
            collected: 0,
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

    /// Removes the rows that have become too old.
    pub(crate) fn collect(&mut self) {
        let now = self.now();
        let interval = delta(self.knobs.gc_interval);
        while self.last_gc + interval <= now {
            self.last_gc += interval;
            let oldest = self.last_gc - delta(self.knobs.gc_ttl);
            let old = self.jobs.range(self.collected..).take_while(|(_, job)| job.created_at < oldest);
            let old: Vec<u64> = old.map(|(id, _)| *id).collect();
            self.collected = old.last().map_or(self.collected, |id| id + 1);
            for id in old {
                self.delete(id);
            }
        }
    }

    /// Does everything that was due up to now, for every row.
    pub(crate) fn settle(&mut self) {
        self.collect();
        let now = self.now();
        for job in self.jobs.values_mut() {
            refresh(job, &self.knobs.refresh_schedule, now);
        }
    }

    /// Decides which replica serves the read that comes next; the second one may lag.
    pub(crate) fn begin_read(&mut self) {
        self.reads += 1;
        self.lagging = self.knobs.replicas > 1 && self.reads.is_multiple_of(2);
        let now = self.now();
        let fresh = matches!(&self.copy, Some((at, _)) if now - *at < delta(REPLICA_AGE));
        if self.lagging && !fresh {
            self.settle();
            self.copy = Some((now, self.jobs.clone()));
        }
    }

    /// The ids of the rows as that replica knows them, newest first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = u64> {
        self.replica().iter().rev().filter(|(_, job)| !job.deleted).map(|(id, _)| *id)
    }

    /// How many rows that replica knows.
    pub(crate) fn count(&self) -> usize {
        if self.lagging { self.ids().count() } else { self.present }
    }

    /// The row as that replica knows it, after [`World::refresh`].
    pub(crate) fn read(&self, id: u64) -> Option<&Job> {
        self.replica().get(&id).filter(|job| !job.deleted)
    }

    /// Brings a row up to date.
    pub(crate) fn refresh(&mut self, id: u64) {
        self.row(id);
    }

    /// The row as it is now.
    pub(crate) fn row(&mut self, id: u64) -> Option<&mut Job> {
        let now = self.now();
        let job = self.jobs.get_mut(&id).filter(|job| !job.deleted)?;
        refresh(job, &self.knobs.refresh_schedule, now);
        Some(job)
    }

    /// Adds a row. It is newer than all others.
    pub(crate) fn insert(&mut self, job: Job) {
        self.present += 1;
        self.jobs.insert(job.id, job);
    }

    /// Removes the row, brought up to date a last time; false when there is none.
    pub(crate) fn delete(&mut self, id: u64) -> bool {
        let found = self.row(id).map(|job| job.deleted = true).is_some();
        self.present -= usize::from(found);
        found
    }

    fn replica(&self) -> &BTreeMap<u64, Job> {
        let copy = self.copy.as_ref().filter(|_| self.lagging);
        copy.map_or(&self.jobs, |(_, rows)| rows)
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
