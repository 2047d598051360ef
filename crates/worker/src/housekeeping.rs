//! What must happen all the time, whoever does it: the sweep, and the pruning of finished tickets.

use std::time::Duration;

use forewarm_store::queue;
use tokio::time::{MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

use crate::context::Context;

const PRUNE_INTERVAL: Duration = Duration::from_secs(2);
const PRUNE_CHUNK: i64 = 5_000;
const PRUNE_WORKERS_INTERVAL: Duration = Duration::from_secs(600);

/// Plain timers rather than jobs: they must run just when the queue is in trouble.
pub(crate) async fn run(context: Context, stop: CancellationToken) {
    let mut sweeps = interval(context.settings.sweep_interval);
    let mut prunes = interval(PRUNE_INTERVAL);
    let mut worker_prunes = interval(PRUNE_WORKERS_INTERVAL);
    for timer in [&mut sweeps, &mut prunes, &mut worker_prunes] {
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    }
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = sweeps.tick() => sweep(&context).await,
            _ = prunes.tick() => prune(&context).await,
            _ = worker_prunes.tick() => prune_workers(&context).await,
        }
    }
}

pub(crate) async fn sweep(context: &Context) {
    match context.store.sweep().await {
        Ok(Some(swept)) if swept != Default::default() => tracing::info!(
            executions = swept.executions,
            tasks = swept.tasks,
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
