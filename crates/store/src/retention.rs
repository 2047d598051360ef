//! What is deleted when it is old: executions with their tasks and logs, and changes of health.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::{Store, StoreError, warm};

/// One pruner at a time over all processes.
const LOCK: i64 = 0x666f_7265_7072_756e;
/// The most executions, and the most tasks, deleted in one transaction. A task takes its log with it.
const EXECUTIONS: usize = 20;
const ROWS: i64 = 5_000;
/// The most executions looked for at one time.
const FOUND: i64 = 10_000;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The newest executions of each policy, at least 1.
    pub executions: u32,
    /// How long anything is kept after its end, the newest executions too.
    pub age: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { executions: 50, age: Duration::from_secs(90 * 24 * 60 * 60) }
    }
}

impl Store {
    /// Deletes executions that have ended and are old by either measure of `keep`, and says how many. In short
    /// transactions, each alone over all processes; None = another process is at it.
    ///
    /// A user's retry that comes first keeps an execution; one with more tasks than a transaction takes may have
    /// lost some of them by then.
    pub async fn prune_executions(&self, keep: Retention) -> Result<Option<usize>, StoreError> {
        let mut deleted = 0;
        loop {
            let found = self.prunable(keep).await?;
            for some in found.chunks(EXECUTIONS) {
                match self.delete(some).await? {
                    Some(count) => deleted += count,
                    None => return Ok(None),
                }
            }
            if found.len() < FOUND as usize {
                return Ok(Some(deleted));
            }
        }
    }

    /// Deletes changes of health that are older than `age`, but for the last of each instance and registry.
    pub async fn prune_health_changes(&self, age: Duration) -> Result<u64, StoreError> {
        let deleted = sqlx::query!(
            "DELETE FROM health_changes WHERE id IN (
                 SELECT id FROM health_changes old
                 WHERE at < $1 AND EXISTS (
                     SELECT FROM health_changes newer
                     WHERE newer.id > old.id
                       AND (newer.instance_id = old.instance_id OR newer.registry_id = old.registry_id))
                 LIMIT $2)",
            before(self.now().await?, age),
            ROWS,
        )
        .execute(&self.pool)
        .await?;
        Ok(deleted.rows_affected())
    }

    /// Ids of what may go, oldest first. What was started without a policy, or whose policy is gone, goes by age only.
    async fn prunable(&self, keep: Retention) -> Result<Vec<i64>, StoreError> {
        let found = sqlx::query_scalar!(
            r#"SELECT id AS "id!" FROM (
                   SELECT id FROM executions
                   WHERE status IN ('success', 'error', 'stopped') AND ended_at < $1
                   UNION
                   SELECT older.id FROM policies CROSS JOIN LATERAL (
                       SELECT id, status FROM executions WHERE policy_id = policies.id ORDER BY id DESC OFFSET $2
                   ) older
                   WHERE older.status IN ('success', 'error', 'stopped')
               ) prunable
               ORDER BY id LIMIT $3"#,
            before(self.now().await?, keep.age),
            i64::from(keep.executions),
            FOUND,
        );
        Ok(found.fetch_all(&self.pool).await?)
    }

    /// Deletes these executions, tasks first; how many are gone at the end. None = another process is at it.
    async fn delete(&self, ids: &[i64]) -> Result<Option<usize>, StoreError> {
        loop {
            let mut tx = self.begin().await?;
            let alone = sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "alone!""#, LOCK);
            if !alone.fetch_one(&mut *tx).await? {
                return Ok(None);
            }
            // A retry may have reopened some; the rest cannot be reopened before the end of the transaction.
            let ended = sqlx::query_scalar!(
                "SELECT id FROM executions WHERE id = ANY ($1) AND status IN ('success', 'error', 'stopped') FOR UPDATE",
                ids,
            );
            let ended = ended.fetch_all(&mut *tx).await?;
            warm::forget_executions(&mut tx, &ended).await?;
            let tasks = sqlx::query!(
                "DELETE FROM tasks WHERE id IN (SELECT id FROM tasks WHERE execution_id = ANY ($1) LIMIT $2)",
                &ended,
                ROWS,
            );
            let is_last = tasks.execute(&mut *tx).await?.rows_affected() < ROWS as u64;
            if is_last {
                sqlx::query!("DELETE FROM executions WHERE id = ANY ($1)", &ended).execute(&mut *tx).await?;
            }
            tx.commit().await?;
            if is_last {
                return Ok(Some(ended.len()));
            }
        }
    }
}

/// The moment that lies `age` before `now`; an age without measure reaches back to the beginning.
fn before(now: DateTime<Utc>, age: Duration) -> DateTime<Utc> {
    let age = TimeDelta::from_std(age).ok();
    age.and_then(|age| now.checked_sub_signed(age)).unwrap_or(DateTime::UNIX_EPOCH)
}
