//! Deleting old entries of the audit log.

use std::time::Duration;

use super::Audit;
use crate::StoreError;

/// How many are deleted in one transaction.
const CHUNK: i64 = 1000;

impl Audit<'_> {
    /// Deletes what is older than `age`; tells how many. The table lets nobody delete but who says so as this does.
    pub async fn prune(&self, age: Duration) -> Result<u64, StoreError> {
        let mut deleted = 0;
        loop {
            let chunk = self.prune_chunk(age).await?;
            deleted += chunk;
            if chunk < CHUNK as u64 {
                return Ok(deleted);
            }
        }
    }

    async fn prune_chunk(&self, age: Duration) -> Result<u64, StoreError> {
        let mut tx = self.store.begin().await?;
        sqlx::query!("SELECT set_config('forewarm.prunes_audit', 'on', true)").fetch_one(&mut *tx).await?;
        let deleted = sqlx::query!(
            "DELETE FROM audit WHERE id IN (
                 SELECT id FROM audit WHERE at < coalesce($1, now()) - make_interval(secs => $2) ORDER BY id LIMIT $3
             )",
            self.store.clock.bind(),
            age.as_secs_f64(),
            CHUNK,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(deleted.rows_affected())
    }
}
