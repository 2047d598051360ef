//! Fetches tickets through apalis. Every setting here answers a trap of apalis 1.0.0; each says which.

use std::time::Duration;

use apalis::layers::WorkerBuilderExt;
use apalis::prelude::*;
use apalis_core::worker::ext::parallelize::ParallelizeExt;
use apalis_postgres::{Config, PostgresStorage};
use forewarm_domain::job::Job;
use forewarm_store::queue::QUEUES;
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::context::Context;
use crate::dispatch::dispatch;

const HEARTBEAT: Duration = Duration::from_secs(5);
/// A worker that missed this many heartbeats is taken for dead: its tickets go to others after 15 s.
const MISSED_HEARTBEATS: usize = 3;
/// Notifications bring a ticket within milliseconds; polling finds those whose time has come, and lost wake-ups.
const POLL: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub(crate) async fn run(context: &Context, stop: CancellationToken) {
    let mut monitor = Monitor::new();
    for queue in QUEUES {
        let context = context.clone();
        monitor = monitor.register(move |_restarts| {
            let slots = context.settings.slots;
            // A fresh name at every start: tickets held under an old name would be stranded while a new worker keeps
            // that name alive.
            let name = format!("{}-{queue}-{}", context.settings.name, Ulid::generate());
            let config = Config::default()
                .queue(queue)
                // Never more than there are slots: a full buffer stops the heartbeats.
                .batch_size(slots)
                .lock_tasks(false)
                .heartbeat_interval(HEARTBEAT)
                .missed_heartbeats(MISSED_HEARTBEATS);
            let tickets = PostgresStorage::<Job>::new(context.store.pool()).with_config(config);
            WorkerBuilder::new(name.as_str())
                .backend(tickets.with_pubsub().poll_with_interval(POLL))
                .data(context.clone())
                .concurrency(slots)
                // Otherwise every wake of a handler costs a fetch.
                .parallelize(tokio::spawn)
                .build(handle)
        });
    }
    // The signal is spawned: a waker of its own would make every wake of it a fetch.
    let signal = tokio::spawn(async move { stop.cancelled().await });
    let ended = monitor
        // Any database error ends a worker's run.
        .should_restart(|_context, error| {
            tracing::warn!(%error, "a queue worker stopped; starting it again");
            true
        })
        .shutdown_timeout(Duration::from_secs(5))
        .run_with_signal(async move { signal.await.map_err(std::io::Error::other) })
        .await;
    if let Err(error) = ended {
        tracing::warn!(%error, "the queue workers ended badly");
    }
}

async fn handle(job: Job, context: Data<Context>) -> Result<(), BoxDynError> {
    dispatch(&context, job).await;
    Ok(())
}
