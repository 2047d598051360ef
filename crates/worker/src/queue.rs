//! Fetches tickets through apalis. Every setting here answers a trap of apalis 1.0.0; each says which.

use std::time::Duration;

use apalis::layers::WorkerBuilderExt;
use apalis::prelude::*;
use apalis_core::worker::ext::parallelize::ParallelizeExt;
use apalis_postgres::{Config, PostgresStorage};
use forewarm_domain::job::Job;
use forewarm_store::queue::{QUEUES, TASKS};
use tokio_util::sync::CancellationToken;
use ulid::Ulid;

use crate::context::Context;
use crate::dispatch::dispatch;

const HEARTBEAT: Duration = Duration::from_secs(5);
/// A worker that missed this many heartbeats is taken for dead: its tickets go to others after 15 s.
const MISSED_HEARTBEATS: usize = 3;
/// Notifications bring a ticket within milliseconds; polling finds those whose time has come, and lost wake-ups.
const POLL: Duration = Duration::from_secs(1);

/// Tickets of tasks in hand at one time; each holds dozens.
const TASK_SLOTS: usize = 16;

/// How often a database that is away is asked whether it is back.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs every queue until `stop`.
pub(crate) async fn run(context: &Context, stop: CancellationToken) {
    let queues = QUEUES.map(|queue| keep_running(context, queue, stop.clone()));
    futures::future::join_all(queues).await;
}

/// Starts the worker of a queue again whenever it ends, which any database error makes it do. A Monitor would do so at
/// once and for ever; we wait for the database.
async fn keep_running(context: &Context, queue: &'static str, stop: CancellationToken) {
    loop {
        let ended = run_once(context, queue, stop.clone()).await;
        if stop.is_cancelled() {
            return;
        }
        if let Err(error) = ended {
            tracing::warn!(queue, %error, "the queue cannot be read; waiting for the database");
        }
        wait_for_database(context, &stop).await;
    }
}

async fn run_once(
    context: &Context,
    queue: &'static str,
    stop: CancellationToken,
) -> Result<(), MonitorError> {
    // The signal is spawned: a waker of its own would make every wake of it a fetch.
    let signal = tokio::spawn(async move { stop.cancelled().await });
    let context = context.clone();
    Monitor::new()
        .register(move |_restarts| {
            let slots = if queue == TASKS { TASK_SLOTS } else { context.settings.slots };
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
            let tickets = PostgresStorage::<Job>::new(context.store.queue_pool()).with_config(config);
            WorkerBuilder::new(name.as_str())
                .backend(tickets.with_pubsub().poll_with_interval(POLL))
                .data(context.clone())
                .concurrency(slots)
                // Otherwise every wake of a handler costs a fetch.
                .parallelize(tokio::spawn)
                .build(handle)
        })
        .should_restart(|_context, _error| false)
        .shutdown_timeout(Duration::from_secs(5))
        .run_with_signal(async move { signal.await.map_err(std::io::Error::other) })
        .await
}

async fn wait_for_database(context: &Context, stop: &CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(PAUSE) => {}
        }
        if context.store.ping().await.is_ok() {
            return;
        }
    }
}

async fn handle(job: Job, context: Data<Context>) -> Result<(), BoxDynError> {
    dispatch(&context, job).await;
    Ok(())
}
