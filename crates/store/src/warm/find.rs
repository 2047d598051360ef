//! Whether what a task is to warm is warm already, or about to be.

use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::task::Proof;
use forewarm_domain::warmth::Warmth;
use sqlx::PgConnection;

use super::WarmRows;
use crate::StoreError;

/// How things stand with what a task is to warm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    Warm(Warmth),
    /// The engine is at it for this other task.
    InHand {
        task_id: i64,
        execution_id: i64,
    },
    Cold,
}

/// Manifests on instances, one vector per column; seconds are how old a proof may be, None = not asked.
pub(crate) struct Asked<'a> {
    pub instance_ids: &'a [i64],
    pub registry_ids: &'a [Option<i64>],
    pub repositories: &'a [String],
    pub digests: &'a [String],
    pub seconds: &'a [Option<f64>],
}

struct Row {
    proof: String,
    since: DateTime<Utc>,
    proven_at: DateTime<Utc>,
    execution_id: Option<i64>,
}

impl WarmRows<'_> {
    /// How things stand with what a task is to warm, where a proof may be as old as `fresh_for`.
    pub async fn standing(&self, task_id: i64, fresh_for: Duration) -> Result<Standing, StoreError> {
        let mut connection = self.store.pool.acquire().await?;
        standing(&mut connection, task_id, fresh_for, self.store.clock.bind()).await
    }
}

/// The same in the caller's transaction.
pub(crate) async fn standing(
    connection: &mut PgConnection,
    task_id: i64,
    fresh_for: Duration,
    now: Option<DateTime<Utc>>,
) -> Result<Standing, StoreError> {
    if let Some(warmth) = of_task(connection, task_id, fresh_for, now).await? {
        return Ok(Standing::Warm(warmth));
    }
    let other = sqlx::query!(
        "SELECT other.id, other.execution_id
         FROM tasks t
         JOIN executions e ON e.id = t.execution_id
         JOIN tasks other ON other.instance_id = t.instance_id AND other.registry_id = t.registry_id
              AND other.repository = t.repository AND other.digest = t.digest AND other.id <> t.id
         JOIN executions its ON its.id = other.execution_id
         WHERE t.id = $1 AND other.opened AND other.status = 'running' AND other.submitted_at IS NOT NULL
           AND reach(its.spec) = reach(e.spec)
         ORDER BY other.id LIMIT 1",
        task_id
    )
    .fetch_optional(connection)
    .await?;
    Ok(other.map_or(Standing::Cold, |other| Standing::InHand {
        task_id: other.id,
        execution_id: other.execution_id,
    }))
}

async fn of_task(
    connection: &mut PgConnection,
    task_id: i64,
    fresh_for: Duration,
    now: Option<DateTime<Utc>>,
) -> Result<Option<Warmth>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT w.proof, w.since, w.proven_at, w.execution_id
         FROM tasks t
         JOIN executions e ON e.id = t.execution_id
         JOIN warm w ON w.instance_id = t.instance_id AND w.registry_id = t.registry_id
              AND w.repository = t.repository AND w.digest = t.digest AND w.reach = reach(e.spec)
         WHERE t.id = $1 AND w.doubted_at IS NULL
           AND w.proven_at + make_interval(secs => $2) > coalesce($3, now())",
        task_id,
        fresh_for.as_secs_f64(),
        now,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row.and_then(Row::warmth))
}

/// What is warm of what an execution is about to write as tasks, in their order.
pub(crate) async fn of_tasks(
    connection: &mut PgConnection,
    execution_id: i64,
    asked: Asked<'_>,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<Option<Warmth>>, StoreError> {
    let mut found = vec![None; asked.digests.len()];
    if asked.seconds.iter().all(Option::is_none) {
        return Ok(found);
    }
    let rows = sqlx::query!(
        r#"SELECT t.place AS "place!", w.proof, w.since, w.proven_at, w.execution_id
           FROM unnest($2::bigint[], $3::bigint[], $4::text[], $5::text[], $6::float8[]) WITH ORDINALITY
                AS t (instance_id, registry_id, repository, digest, seconds, place)
           JOIN warm w ON w.instance_id = t.instance_id AND w.registry_id = t.registry_id
                AND w.repository = t.repository AND w.digest = t.digest
           JOIN executions e ON e.id = $1
           WHERE w.reach = reach(e.spec) AND w.doubted_at IS NULL
             AND w.proven_at + make_interval(secs => t.seconds) > coalesce($7, now())"#,
        execution_id,
        asked.instance_ids,
        asked.registry_ids as &[Option<i64>],
        asked.repositories,
        asked.digests,
        asked.seconds as &[Option<f64>],
        now,
    )
    .fetch_all(connection)
    .await?;
    for row in rows {
        let place = usize::try_from(row.place - 1).ok().and_then(|place| found.get_mut(place));
        let warmth = Row {
            proof: row.proof,
            since: row.since,
            proven_at: row.proven_at,
            execution_id: row.execution_id,
        };
        if let Some(place) = place {
            *place = warmth.warmth();
        }
    }
    Ok(found)
}

impl Row {
    /// None = a word for a proof that this version does not know, which proves nothing to it.
    fn warmth(self) -> Option<Warmth> {
        Some(Warmth {
            proof: Proof::from_word(&self.proof)?,
            since: self.since,
            proven_at: self.proven_at,
            execution_id: self.execution_id,
        })
    }
}
