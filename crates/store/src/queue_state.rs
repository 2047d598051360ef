//! How much lies in the queue, how old it is, and who works on it.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::queue::QUEUES;
use crate::sweep::GRACE_SECONDS;
use crate::{Store, StoreError};

/// One queue.
#[derive(Debug, Clone, PartialEq)]
pub struct QueueState {
    pub queue: &'static str,
    /// Tickets whose time has come.
    pub due: i64,
    /// Tickets for later.
    pub scheduled: i64,
    /// Tickets in the hands of a worker.
    pub taken: i64,
    /// How long the oldest due ticket has been waiting.
    pub oldest_age: Duration,
    /// Workers that gave a sign of life within 15 seconds: as long as it takes until a worker counts as dead.
    pub workers: i64,
    /// Since the last sign of life of any worker; None = there has been none for an hour.
    pub heartbeat_age: Option<Duration>,
}

impl Store {
    /// Every queue.
    pub async fn queue_states(&self) -> Result<Vec<QueueState>, StoreError> {
        let mut connection = self.pool.acquire().await?;
        read(&mut connection, self.clock.bind()).await
    }

    /// Tasks whose next step is late by more than the sweep's grace, or whose lease ran out as long ago.
    pub async fn overdue_tasks(&self) -> Result<i64, StoreError> {
        let mut connection = self.pool.acquire().await?;
        overdue_tasks(&mut connection, self.clock.bind()).await
    }
}

pub(crate) async fn read(
    connection: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<QueueState>, StoreError> {
    let depths = depths(connection, now).await?;
    let workers = workers(connection).await?;
    let state = |queue| {
        let depth = depths.iter().find(|row| row.0 == queue).cloned().unwrap_or_default();
        let alive = workers.iter().find(|row| row.0 == queue);
        QueueState {
            queue,
            due: depth.1,
            scheduled: depth.2,
            taken: depth.3,
            oldest_age: seconds(depth.4),
            workers: alive.map_or(0, |row| row.1),
            heartbeat_age: alive.map(|row| seconds(row.2)),
        }
    };
    Ok(QUEUES.into_iter().map(state).collect())
}

/// Queue, due, scheduled, taken, age of the oldest. A plain query, as all that name the queue's tables: they are not
/// there when queries are checked.
async fn depths(
    connection: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<(String, i64, i64, i64, f64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT job_type,
                count(*) FILTER (WHERE status = 'Pending' AND run_at <= coalesce($1, now())),
                count(*) FILTER (WHERE status = 'Pending' AND run_at > coalesce($1, now())),
                count(*) FILTER (WHERE status IN ('Queued', 'Running')),
                coalesce(extract(epoch FROM coalesce($1, now())
                    - min(run_at) FILTER (WHERE status = 'Pending' AND run_at <= coalesce($1, now()))), 0)::float8
         FROM apalis.jobs WHERE status IN ('Pending', 'Queued', 'Running') GROUP BY job_type",
    );
    Ok(rows.bind(now).fetch_all(connection).await?)
}

/// Queue, living workers, age of the last sign of life: by the database's own clock, as those are.
async fn workers(connection: &mut PgConnection) -> Result<Vec<(String, i64, f64)>, StoreError> {
    let rows = sqlx::query_as(
        "SELECT worker_type, count(*) FILTER (WHERE last_seen > now() - interval '15 seconds'),
                extract(epoch FROM now() - max(last_seen))::float8
         FROM apalis.workers GROUP BY worker_type",
    );
    Ok(rows.fetch_all(connection).await?)
}

pub(crate) async fn overdue_tasks(
    connection: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<i64, StoreError> {
    let overdue = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM tasks
           WHERE opened AND due_at < coalesce($1, now()) - make_interval(secs => $2)"#,
        now,
        GRACE_SECONDS
    );
    Ok(overdue.fetch_one(connection).await?)
}

/// Clocks may step back.
fn seconds(number: f64) -> Duration {
    Duration::try_from_secs_f64(number).unwrap_or_default()
}
