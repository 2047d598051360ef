//! What tests look at and meddle with.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use super::job::View;
use super::{Behaviour, Cluster, Completion, Dragonfly, Script, Token};
use crate::clock::Clock;
use crate::{Fault, lock};

/// A row, present or gone.
#[derive(Debug, Clone)]
pub struct JobView {
    pub id: u64,
    pub bio: String,
    pub urls: Vec<String>,
    pub clusters: Vec<u64>,
    /// The row's state, as a GET would show it.
    pub state: String,
    /// With defaults filled in, as the manager shows them.
    pub args: Value,
    pub result: Value,
    /// Deleted or collected.
    pub gone: bool,
}

/// A task in the queue between manager and schedulers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueView {
    pub job: u64,
    pub cluster: u64,
    pub state: String,
}

fn shown(row: impl Serialize) -> Value {
    serde_json::to_value(row).unwrap_or_default()
}

impl Dragonfly {
    pub fn clock(&self) -> Clock {
        lock(&self.manager.world).knobs.clock.clone()
    }

    /// Every job there ever was, in the order of creation.
    pub fn jobs(&self) -> Vec<JobView> {
        let mut world = lock(&self.manager.world);
        world.settle();
        let view = |job: &super::job::Job| JobView {
            id: job.id,
            bio: job.bio.clone(),
            urls: job.args.targets(),
            clusters: job.clusters.clone(),
            state: job.state.to_owned(),
            args: job.args.echo.clone(),
            result: shown(job.shown(&world, View::Single))["result"].take(),
            gone: job.deleted,
        };
        world.jobs.values().map(view).collect()
    }

    /// What was accepted, in order: `repository:tag` or `repository@digest` of images, URLs of files.
    pub fn received(&self) -> Vec<String> {
        lock(&self.manager.world).jobs.values().flat_map(super::job::Job::names).collect()
    }

    /// How many creates were accepted for each URL.
    pub fn submissions(&self) -> BTreeMap<String, usize> {
        lock(&self.manager.world).submissions.clone()
    }

    /// The queue, which goes on when rows are deleted.
    pub fn queue(&self) -> Vec<QueueView> {
        let world = lock(&self.manager.world);
        let now = world.now();
        let tasks = world.jobs.values().flat_map(|job| job.queue.iter().map(|task| (job.id, task)));
        tasks
            .map(|(job, task)| QueueView { job, cluster: task.cluster, state: task.state(now).to_owned() })
            .collect()
    }

    /// Breaks the next `count` requests.
    pub fn fail_next(&self, count: usize, fault: Fault) {
        self.faults().on("", "").times(count).inject(fault);
    }

    /// Ends the queue tasks of one job in one cluster now. Its row learns of it at the next refresh.
    pub fn complete_queue_task(&self, job: u64, cluster: u64, completion: &Completion) {
        let mut world = lock(&self.manager.world);
        world.settle();
        let now = world.now();
        let tasks = world.jobs.get_mut(&job).into_iter().flat_map(|job| &mut job.queue);
        tasks.filter(|task| task.cluster == cluster).for_each(|task| task.complete(completion.clone(), now));
    }

    /// The manager restarts: rows stay, but nobody refreshes the unfinished ones any more.
    pub fn restart(&self) {
        let mut world = lock(&self.manager.world);
        world.settle();
        world.jobs.values_mut().for_each(|job| job.refreshes = None);
    }

    /// The cluster's scheduler crashes and comes back without its unfinished tasks.
    pub fn crash_scheduler(&self, cluster: u64) {
        let mut world = lock(&self.manager.world);
        world.settle();
        let now = world.now();
        let tasks = world.jobs.values_mut().flat_map(|job| &mut job.queue);
        tasks.filter(|task| task.cluster == cluster).for_each(|task| task.abandon(now));
    }

    /// Removes a row as an administrator of Dragonfly would.
    pub fn delete_job(&self, id: u64) {
        lock(&self.manager.world).delete(id);
    }

    /// From now on the peer with this host name behaves so, in every cluster.
    pub fn behave(&self, hostname: &str, behaviour: &Behaviour) {
        let mut world = lock(&self.manager.world);
        let peers = world.clusters.iter_mut().flat_map(|cluster| &mut cluster.peers);
        peers.filter(|peer| peer.hostname == hostname).for_each(|peer| peer.behaviour = behaviour.clone());
    }

    /// From now on every peer behaves so.
    pub fn behave_all(&self, behaviour: &Behaviour) {
        let mut world = lock(&self.manager.world);
        let peers = world.clusters.iter_mut().flat_map(|cluster| &mut cluster.peers);
        peers.for_each(|peer| peer.behaviour = behaviour.clone());
    }

    pub fn set_clusters(&self, clusters: Vec<Cluster>) {
        lock(&self.manager.world).clusters = clusters;
    }

    pub fn set_tokens(&self, tokens: Vec<Token>) {
        lock(&self.manager.world).tokens = tokens;
    }

    /// Answers in place of the real registry.
    pub fn script_registry(&self, script: Script) {
        lock(&self.manager.world).script = script;
    }
}
