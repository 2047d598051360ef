//! Everything Postgres. One file per table, SQL beside the function that needs it; `queue.rs` is the only place
//! that enqueues.

mod actor;
pub mod audit;
mod batch;
mod checkup;
mod clock;
mod credentials;
mod error;
mod file_urls;
mod gauges;
mod json;
mod migrate;
mod origin_access;
mod search;

pub mod embedded;
pub mod events;
pub mod executions;
pub mod health;
pub mod instances;
pub mod keyring;
pub mod listing;
pub mod outcome;
pub mod policies;
pub mod projects;
pub mod queue;
mod queue_state;
pub mod registries;
pub mod retention;
pub mod schedules;
pub mod sweep;
pub mod task_logs;
pub mod tasks;
pub mod tokens;
pub mod unfinished;
pub mod users;
pub mod warm;
pub mod watches;

use chrono::{DateTime, Utc};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

pub use actor::Actor;
pub use checkup::{Server, knock};
pub use clock::Clock;
pub use error::StoreError;
pub use keyring::Keyring;
pub use migrate::{Standing, is_migrated, migrate, standing};
pub use queue_state::QueueState;

/// The database, the clock that its rows are written by, and the keys of its secrets. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    queue_pool: Option<PgPool>,
    clock: Clock,
    actor: Option<Arc<Actor>>,
    keys: Keyring,
    gauges: gauges::Cache,
    /// How long an event waits for more hints about its artifact.
    gathering: Duration,
    writes: Arc<tasks::Writes>,
}

/// How long a request may wait for a connection; short, so that an outage shows as one (and a worker that lost the
/// database tries again soon).
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);
/// One for each queue to listen with, and some to fetch and acknowledge tickets.
const QUEUE_CONNECTIONS: u32 = 6;

impl Store {
    /// Opens pools without asking for a connection yet. Together they hold no more than so many.
    pub fn open(url: &str, max_connections: u32) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("forewarm");
        let pool = |most: u32| {
            PgPoolOptions::new()
                .max_connections(most)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                .connect_lazy_with(options.clone())
        };
        let for_queue = QUEUE_CONNECTIONS.min(max_connections / 2);
        let queue_pool = Some(pool(for_queue));
        Ok(Self { queue_pool, ..Self::new(pool(max_connections - for_queue), Clock::database()) })
    }

    /// Without keys, it neither opens nor writes a secret. The queue shares the pool.
    pub fn new(pool: PgPool, clock: Clock) -> Self {
        Self {
            queue_pool: None,
            pool,
            clock,
            actor: None,
            keys: Keyring::none(),
            gauges: gauges::Cache::default(),
            gathering: events::GATHERING,
            writes: Arc::default(),
        }
    }

    #[must_use]
    pub fn with_keys(self, keys: Keyring) -> Self {
        Self { keys, ..self }
    }

    /// Has events wait so long for more hints about their artifact, in place of [`events::GATHERING`].
    #[must_use]
    pub fn with_gathering(self, gathering: Duration) -> Self {
        Self { gathering, ..self }
    }

    pub fn keys(&self) -> &Keyring {
        &self.keys
    }

    /// The same store, for changes by somebody.
    pub fn acting(&self, actor: Actor) -> Self {
        Self { actor: Some(Arc::new(actor)), ..self.clone() }
    }

    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Connections for apalis alone. It gives questions up in the middle, when it stops at least, and sqlx 0.9.0 then may
    /// hand on a connection that never answers again.
    pub fn queue_pool(&self) -> &PgPool {
        self.queue_pool.as_ref().unwrap_or(&self.pool)
    }

    pub async fn close(&self) {
        for pool in self.pools() {
            pool.close().await;
        }
    }

    fn pools(&self) -> impl Iterator<Item = &PgPool> {
        self.queue_pool.iter().chain([&self.pool])
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }

    /// What time it is by the clock that the rows are written by.
    pub async fn now(&self) -> Result<DateTime<Utc>, StoreError> {
        let now = sqlx::query_scalar("SELECT coalesce($1, now())").bind(self.clock.bind());
        Ok(now.fetch_one(&self.pool).await?)
    }

    /// A transaction. In a task of its own, which a caller that gives up cannot stop half-way: sqlx 0.9.0 would hand the
    /// connection to the next one with the transaction still open, and what that one writes would be lost with it.
    pub(crate) async fn begin(&self) -> Result<Transaction<'static, Postgres>, StoreError> {
        let pool = self.pool.clone();
        let begun = tokio::spawn(async move { pool.begin().await }).await;
        Ok(begun.map_err(|error| StoreError::Computation(error.to_string()))??)
    }

    /// Answers once the database does.
    pub async fn ping(&self) -> Result<(), StoreError> {
        sqlx::query("SELECT 1").execute(&self.pool).await?;
        Ok(())
    }
}

/// The id of a row to be: its secrets are encrypted together with it, so it must be known first.
pub(crate) async fn next_id(connection: &mut PgConnection, table: &'static str) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(r#"SELECT nextval(pg_get_serial_sequence($1, 'id')) AS "id!""#, table);
    Ok(id.fetch_one(connection).await?)
}

/// Reads an address that was checked when it was stored.
pub(crate) fn read_url(
    table: &'static str,
    id: i64,
    column: &'static str,
    text: &str,
) -> Result<url::Url, StoreError> {
    text.parse().map_err(|error: url::ParseError| StoreError::Corrupt {
        table,
        id,
        column,
        reason: error.to_string(),
    })
}
