//! `forewarm worker`: a worker process alone.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use forewarm_api::ApiState;
use forewarm_store::retention::Retention;
use forewarm_worker::{Settings, Worker};

use crate::database::{DatabaseArgs, prepare};
use crate::events::EventArgs;
use crate::key::{self, KeyArgs};
use crate::logging::{self, LogArgs};
use crate::metrics::{self, MetricsArgs};
use crate::outbound::OutboundArgs;
use crate::shutdown;

/// Run a worker alone. Any number of them share the work, on one machine or many.
///
/// Without --database-url it looks for the embedded Postgres of a `forewarm serve` on this machine.
#[derive(Debug, Args)]
pub struct WorkerArgs {
    #[command(flatten)]
    pub work: WorkArgs,

    #[command(flatten)]
    pub events: EventArgs,

    #[command(flatten)]
    pub database: DatabaseArgs,

    #[command(flatten)]
    pub outbound: OutboundArgs,

    #[command(flatten)]
    pub metrics: MetricsArgs,

    #[command(flatten)]
    pub keys: KeyArgs,

    #[command(flatten)]
    pub log: LogArgs,
}

#[derive(Debug, Clone, Args)]
pub struct WorkArgs {
    /// Calls to engines and registries under way at one time in this process. Preheats that an engine works on do
    /// not count: those are bounded by each instance's max_in_flight.
    #[arg(long, env = "FOREWARM_MAX_CALLS", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub max_calls: u32,

    /// Seconds after which others take over what this process had in hand, should it die.
    #[arg(long, env = "FOREWARM_LEASE_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(3..=3600))]
    pub lease_seconds: u64,

    /// Seconds that running calls get to end when the process is asked to stop.
    #[arg(long, env = "FOREWARM_DRAIN_SECONDS", default_value_t = 20)]
    pub drain_seconds: u64,

    /// Seconds between two looks at the health of each instance and registry, by one of all processes; 0: none are
    /// looked at.
    #[arg(long, env = "FOREWARM_HEALTH_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub health_seconds: u64,

    /// How many executions of each policy are kept, the newest; older ones are deleted with their tasks and logs
    /// once they have ended.
    #[arg(long, env = "FOREWARM_KEEP_EXECUTIONS", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub keep_executions: u32,

    /// Days after its end that any execution is deleted, also one without a policy.
    #[arg(long, env = "FOREWARM_KEEP_DAYS", default_value_t = 90, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub keep_days: u64,

    /// Days that entries of the audit log are kept.
    #[arg(long, env = "FOREWARM_KEEP_AUDIT_DAYS", default_value_t = 365, value_parser = clap::value_parser!(u64).range(1..=36_500))]
    pub keep_audit_days: u64,
}

impl WorkArgs {
    pub fn settings(&self, role: &str) -> Settings {
        Settings {
            name: format!("{role}-{}", hostname()),
            max_calls: self.max_calls as usize,
            lease: Duration::from_secs(self.lease_seconds),
            drain: Duration::from_secs(self.drain_seconds),
            health_interval: Duration::from_secs(self.health_seconds),
            retention: Retention {
                executions: self.keep_executions,
                age: Duration::from_secs(self.keep_days * 24 * 60 * 60),
            },
            keep_audit: Duration::from_secs(self.keep_audit_days * 24 * 60 * 60),
            ..Settings::default()
        }
    }
}

pub async fn run(args: WorkerArgs) -> anyhow::Result<ExitCode> {
    logging::start(&args.log)?;
    let stop = shutdown::on_signal()?;
    let watched = args.metrics.listen().await?;
    let keys = args.keys.existing(args.database.state_dir().ok().as_deref())?;
    let store = args.database.open_existing().await?;
    prepare(&store, false).await?;
    let store = args.events.of(key::unlock(store, keys).await?);
    tracing::info!(pid = std::process::id(), "working");
    let outbound = args.outbound.outbound();
    metrics::serve(watched, ApiState::new(store.clone(), outbound.clone(), stop.clone()));
    Worker::new(store, outbound, args.work.settings("worker")).run(stop).await;
    Ok(ExitCode::SUCCESS)
}

fn hostname() -> String {
    std::fs::read_to_string("/etc/hostname").map_or_else(|_| "host".to_owned(), |name| name.trim().to_owned())
}
