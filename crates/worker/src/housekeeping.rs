//! What must happen all the time, whoever does it.

use std::time::Duration;

use forewarm_store::queue;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::context::Context;
use crate::{health, retention, schedule, watch};

const PRUNE_INTERVAL: Duration = Duration::from_secs(2);
const PRUNE_CHUNK: i64 = 5_000;
const PRUNE_WORKERS_INTERVAL: Duration = Duration::from_secs(600);
const PRUNE_WARM_INTERVAL: Duration = Duration::from_secs(3600);
const PRUNE_EVENTS_INTERVAL: Duration = Duration::from_secs(60);
const PRUNE_EVENTS_CHUNK: i64 = 1_000;

/// Plain timers rather than jobs: they must run just when the queue is in trouble. Each has its own, so that a slow
/// round of one delays no other.
pub(crate) async fn run(context: Context, stop: CancellationToken) {
    let sweep_interval = context.settings.sweep_interval;
    tokio::join!(
        every(interval(sweep_interval), &stop, || sweep(&context)),
        every(interval(schedule::INTERVAL), &stop, || schedule::fire(&context)),
        every(interval(watch::INTERVAL), &stop, || watch::round(&context)),
        every(interval(PRUNE_INTERVAL), &stop, || prune(&context)),
        every(interval(PRUNE_WORKERS_INTERVAL), &stop, || prune_workers(&context)),
        every(interval(PRUNE_WARM_INTERVAL), &stop, || prune_warm(&context)),
        every(interval(PRUNE_EVENTS_INTERVAL), &stop, || prune_events(&context)),
        // These may take long: they are given up when the process is asked to stop.
        every(interval(health::INTERVAL), &stop, || until(&stop, health::look(&context))),
        every(retention::times(), &stop, || until(&stop, retention::prune(&context))),
    );
}

/// Does something at every tick until `stop`; a round under way is brought to its end.
async fn every<F: Future<Output = ()>>(mut ticks: Interval, stop: &CancellationToken, round: impl Fn() -> F) {
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        round().await;
    }
}

async fn until(stop: &CancellationToken, round: impl Future<Output = ()>) {
    stop.run_until_cancelled(round).await;
}

pub(crate) async fn sweep(context: &Context) {
    match context.store.sweep().await {
        Ok(Some(swept)) if swept != Default::default() => tracing::info!(
            executions = swept.executions,
            tasks = swept.tasks,
            events = swept.events,
            finished = swept.finished,
            "the sweep brought back what had lost its lease or its ticket"
        ),
        Ok(_) => {}
        Err(error) => tracing::warn!(%error, "the sweep failed; trying again at its next time"),
    }
}

async fn prune(context: &Context) {
    // A full chunk means that there may be more.
    while let Ok(deleted) = queue::prune(context.store.pool(), PRUNE_CHUNK).await {
        if deleted < PRUNE_CHUNK as u64 {
            return;
        }
    }
}

async fn prune_workers(context: &Context) {
    if let Err(error) = queue::prune_workers(context.store.pool()).await {
        tracing::warn!(%error, "rows of dead queue workers could not be deleted");
    }
}

async fn prune_warm(context: &Context) {
    loop {
        match context.store.warm().prune(PRUNE_CHUNK).await {
            Ok(deleted) if deleted == PRUNE_CHUNK as u64 => {}
            Ok(_) => return,
            Err(error) => {
                tracing::warn!(%error, "old proofs of warmth could not be deleted");
                return;
            }
        }
    }
}

/// Deliveries and events that are too old, chunk after chunk.
pub(crate) async fn prune_events(context: &Context) {
    loop {
        match context.store.events().prune(PRUNE_EVENTS_CHUNK).await {
            // Less than a chunk of any kind: nothing is left.
            Ok(deleted) if deleted < PRUNE_EVENTS_CHUNK as u64 => return,
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(%error, "old events could not be deleted; trying again later");
                return;
            }
        }
    }
}
