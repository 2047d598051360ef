//! Deliveries and events do not stay for ever; keys of notices only as long as they tell duplicates.

use std::time::Duration;

use super::Events;
use crate::StoreError;

/// How long deliveries and events that ended are kept.
pub const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);

impl Events<'_> {
    /// Deletes what is too old, of each kind `limit` rows at most, and says how many rows in all. Executions stay.
    pub async fn prune(&self, limit: i64) -> Result<u64, StoreError> {
        let (now, kept) = (self.store.clock.bind(), KEPT.as_secs_f64());
        let deliveries = sqlx::query!(
            "DELETE FROM deliveries WHERE id IN (
                 SELECT id FROM deliveries WHERE received_at < coalesce($1, now()) - make_interval(secs => $2)
                 LIMIT $3 FOR UPDATE SKIP LOCKED)",
            now,
            kept,
            limit,
        );
        let deliveries = deliveries.execute(&self.store.pool).await?;
        let events = sqlx::query!(
            "DELETE FROM events WHERE id IN (
                 SELECT id FROM events WHERE ended_at < coalesce($1, now()) - make_interval(secs => $2)
                 LIMIT $3 FOR UPDATE SKIP LOCKED)",
            now,
            kept,
            limit,
        );
        let events = events.execute(&self.store.pool).await?;
        let keys = sqlx::query!(
            "DELETE FROM event_keys WHERE (registry_id, key) IN (
                 SELECT registry_id, key FROM event_keys WHERE expires_at <= coalesce($1, now())
                 LIMIT $2 FOR UPDATE SKIP LOCKED)",
            now,
            limit,
        );
        let keys = keys.execute(&self.store.pool).await?;
        Ok(deliveries.rows_affected() + events.rows_affected() + keys.rows_affected())
    }
}
