//! The worker: takes tickets from the queue, one short step of one row each. `jobs/` has a file per job; the queues
//! that feed them are listed in [`Worker::run`].

mod backoff;
mod connections;
mod context;
mod dispatch;
#[cfg(feature = "fail-points")]
mod fail_point;
mod health;
mod housekeeping;
mod jobs;
mod keeper;
mod listeners;
mod measure;
mod queue;
mod retention;
mod running;
mod schedule;
mod traces;
mod watch;

use forewarm_http::Outbound;
use forewarm_store::Store;
use tokio_util::sync::CancellationToken;

use context::Context;
pub use context::Settings;

/// One worker of a process. Any number of them, in any number of processes, share a database.
#[derive(Clone)]
pub struct Worker {
    context: Context,
}

impl Worker {
    pub fn new(store: Store, outbound: Outbound, settings: Settings) -> Self {
        Self { context: Context::new(store, outbound, settings) }
    }

    /// Works until `stop` is cancelled; then takes no more tickets, lets running calls end within the drain time, and
    /// gives the rest back.
    pub async fn run(&self, stop: CancellationToken) {
        let housekeeping = tokio::spawn(housekeeping::run(self.context.clone(), stop.clone()));
        queue::run(&self.context, stop).await;
        self.context.running.drain(self.context.settings.drain).await;
        if let Err(error) = housekeeping.await {
            tracing::error!(%error, "housekeeping ended badly");
        }
    }

    /// Does one due job, if there is one, to its end: for tests, which run the queue on a clock of their own.
    pub async fn run_one(&self) -> bool {
        match self.context.store.take_due_job().await {
            Ok(Some(job)) => {
                dispatch::dispatch(&self.context, job).await;
                self.context.running.wait_until_idle().await;
                true
            }
            Ok(None) => false,
            Err(error) => {
                tracing::warn!(%error, "the queue cannot be read");
                false
            }
        }
    }

    /// Starts what is due by schedule now, for tests.
    pub async fn fire_schedules(&self) {
        schedule::fire(&self.context).await;
    }

    /// Looks at everything whose health is due now, for tests.
    pub async fn check_health(&self) {
        health::look(&self.context).await;
    }

    /// Deletes what is older than is kept, for tests.
    pub async fn prune_executions(&self) {
        retention::prune(&self.context).await;
    }

    /// Looks at the watched registries whose time has come, to the end, for tests.
    pub async fn watch(&self) {
        watch::round(&self.context).await;
        self.context.running.wait_until_idle().await;
    }

    /// One round of the sweep, for tests.
    pub async fn sweep(&self) {
        housekeeping::sweep(&self.context).await;
    }
}
