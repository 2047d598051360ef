//! When a proof is no longer about what is there now.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use super::WarmRows;
use crate::StoreError;

impl WarmRows<'_> {
    /// Deletes rows whose last proof is older than any instance may rely on (90 days), `limit` at most, and says how
    /// many.
    pub async fn prune(&self, limit: i64) -> Result<u64, StoreError> {
        let deleted = sqlx::query!(
            "DELETE FROM warm WHERE (instance_id, registry_id, repository, digest) IN (
                 SELECT instance_id, registry_id, repository, digest FROM warm
                 WHERE proven_at < coalesce($1, now()) - interval '90 days'
                 ORDER BY instance_id, registry_id, repository, digest
                 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            self.store.clock.bind(),
            limit,
        )
        .execute(&self.store.pool)
        .await?;
        Ok(deleted.rows_affected())
    }
}

/// Forgets by which of these executions something was proven; that it was stays.
pub(crate) async fn forget_executions(connection: &mut PgConnection, ids: &[i64]) -> Result<(), StoreError> {
    sqlx::query!("UPDATE warm SET execution_id = NULL, task_id = NULL WHERE execution_id = ANY ($1)", ids)
        .execute(connection)
        .await?;
    Ok(())
}

/// Forgets what was warm on an instance, and what is being asked of it now: it has moved, or asks for its registries
/// under other names.
pub(crate) async fn forget_instance(
    connection: &mut PgConnection,
    instance_id: i64,
    now: Option<DateTime<Utc>>,
) -> Result<(), StoreError> {
    sqlx::query!("UPDATE instances SET moved_at = coalesce($2, now()) WHERE id = $1", instance_id, now)
        .execute(&mut *connection)
        .await?;
    sqlx::query!("DELETE FROM warm WHERE instance_id = $1", instance_id).execute(connection).await?;
    Ok(())
}
