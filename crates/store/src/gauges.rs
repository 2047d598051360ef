//! What the metrics tell of the database, read at most every two seconds.
//!
//! Cheap however many tasks have ended: only open ones are counted, by the partial indexes that the windows use, and
//! finished tickets are deleted all the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use forewarm_metrics::Database;
use sqlx::{PgConnection, PgPool};
use tokio::sync::Mutex;

use crate::{Store, StoreError, queue_state};

/// How old an answer may be: whoever asks more often gets the same.
const FRESH: Duration = Duration::from_secs(2);
/// How long one statement may take before the database counts as away.
const STATEMENT_LIMIT: &str = "SET LOCAL statement_timeout = '3s'";
/// The most rows of a kind that are shown, the oldest first.
const MOST: i64 = 1_000;

/// The last answer. Whoever asks while it is being made waits for it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cache(Arc<Mutex<Option<(Instant, String)>>>);

impl Store {
    /// The text for Prometheus: of this process, and of the database. A database that is away is part of the answer.
    pub async fn metrics(&self) -> String {
        let mut cached = self.gauges.0.lock().await;
        match &*cached {
            Some((at, text)) if at.elapsed() < FRESH => forewarm_metrics::text(text),
            _ => {
                let text = self.database_metrics().await;
                *cached = Some((Instant::now(), text.clone()));
                forewarm_metrics::text(&text)
            }
        }
    }

    async fn database_metrics(&self) -> String {
        let gauges = Database::default();
        let read = self.read_gauges(&gauges).await;
        if let Err(error) = &read {
            tracing::warn!(%error, "the database cannot be measured");
        }
        // What was read before it failed would look like all there is.
        let gauges = if read.is_ok() { gauges } else { Database::default() };
        gauges.up.set([], f64::from(u8::from(read.is_ok())));
        if let Ok(waited) = read {
            gauges.acquire_duration.set([], waited.as_secs_f64());
        }
        let count = |of: fn(&PgPool) -> f64| self.pools().map(of).sum::<f64>();
        let idle = count(|pool| pool.num_idle() as f64);
        gauges.connections.set(["idle"], idle);
        gauges.connections.set(["in_use"], (count(|pool| f64::from(pool.size())) - idle).max(0.0));
        gauges.connections_limit.set([], count(|pool| f64::from(pool.options().get_max_connections())));
        gauges.text()
    }

    /// Tells how long it waited for a connection.
    async fn read_gauges(&self, gauges: &Database) -> Result<Duration, StoreError> {
        let asked = Instant::now();
        let mut tx = self.begin().await?;
        let waited = asked.elapsed();
        sqlx::query(STATEMENT_LIMIT).execute(&mut *tx).await?;
        let now = self.clock.bind();
        queues(&mut tx, gauges, now).await?;
        instances(&mut tx, gauges).await?;
        registries(&mut tx, gauges).await?;
        executions(&mut tx, gauges, now).await?;
        policies(&mut tx, gauges).await?;
        Ok(waited)
    }
}

async fn queues(
    connection: &mut PgConnection,
    gauges: &Database,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    for state in queue_state::read(connection, now).await? {
        let queue = state.queue;
        for (word, number) in [("due", state.due), ("scheduled", state.scheduled), ("taken", state.taken)] {
            gauges.queue_depth.set([queue, word], number as f64);
        }
        gauges.queue_oldest_age.set([queue], state.oldest_age.as_secs_f64());
        gauges.queue_workers.set([queue], state.workers as f64);
        if let Some(age) = state.heartbeat_age {
            gauges.queue_heartbeat_age.set([queue], age.as_secs_f64());
        }
    }
    gauges.tasks_overdue.set([], queue_state::overdue_tasks(connection, now).await? as f64);
    Ok(())
}

async fn instances(connection: &mut PgConnection, gauges: &Database) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT i.name, i.enabled, i.healthy, i.max_in_flight, closed.pending AS "closed!",
               opened.pending AS "pending!", opened.running AS "running!"
           FROM instances i,
               LATERAL (
                   SELECT count(*) AS pending FROM tasks t
                   WHERE t.instance_id = i.id AND NOT t.opened AND t.ended_at IS NULL) closed,
               LATERAL (
                   SELECT count(*) FILTER (WHERE t.status = 'pending') AS pending,
                       count(*) FILTER (WHERE t.status = 'running') AS running
                   FROM tasks t
                   WHERE t.instance_id = i.id AND t.opened) opened
           ORDER BY i.id LIMIT $1"#,
        MOST
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let name = row.name.as_str();
        gauges.tasks.set([name, "pending"], (row.closed + row.pending) as f64);
        gauges.tasks.set([name, "running"], row.running as f64);
        gauges.tasks_in_flight.set([name], (row.pending + row.running) as f64);
        gauges.tasks_in_flight_limit.set([name], f64::from(row.max_in_flight));
        if let (true, Some(healthy)) = (row.enabled, row.healthy) {
            gauges.provider_up.set([name], f64::from(u8::from(healthy)));
        }
    }
    Ok(())
}

async fn registries(connection: &mut PgConnection, gauges: &Database) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT name, healthy AS "healthy!" FROM registries WHERE healthy IS NOT NULL ORDER BY id LIMIT $1"#,
        MOST
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        gauges.registry_up.set([&row.name], f64::from(u8::from(row.healthy)));
    }
    Ok(())
}

async fn executions(
    connection: &mut PgConnection,
    gauges: &Database,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT status, count(*) AS "count!",
               extract(epoch FROM coalesce($1, now()) - min(created_at))::float8 AS "age!"
           FROM executions WHERE status IN ('pending', 'running') GROUP BY status"#,
        now
    )
    .fetch_all(connection)
    .await?;
    for status in ["pending", "running"] {
        let row = rows.iter().find(|row| row.status == status);
        gauges.executions_open.set([status], row.map_or(0.0, |row| row.count as f64));
    }
    gauges.executions_oldest_age.set([], rows.iter().map(|row| row.age).fold(0.0, f64::max));
    Ok(())
}

/// Few executions of a policy are kept, so looking through them for a success is quick.
async fn policies(connection: &mut PgConnection, gauges: &Database) -> Result<(), StoreError> {
    let rows = sqlx::query!(
        r#"SELECT j.name AS project, p.name AS policy, extract(epoch FROM last.ended_at)::float8 AS "at!"
           FROM (SELECT id, project_id, name FROM policies WHERE enabled ORDER BY id LIMIT $1) p
           JOIN projects j ON j.id = p.project_id,
               LATERAL (
                   SELECT e.ended_at FROM executions e
                   WHERE e.policy_id = p.id AND e.status = 'success' ORDER BY e.id DESC LIMIT 1) last"#,
        MOST
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        gauges.policy_last_success.set([&row.project, &row.policy], row.at);
    }
    Ok(())
}
