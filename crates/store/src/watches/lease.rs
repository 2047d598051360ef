//! Whose turn it is to look at a registry: exactly one process's, whenever its interval has passed.

use std::time::Duration;

use chrono::{DateTime, Utc};
use uuid::Uuid;

use super::Watches;
use crate::StoreError;

/// The right to look at one registry. Whoever lost it writes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchLease {
    pub registry_id: i64,
    pub token: Uuid,
}

/// A registry that is to be looked at.
#[derive(Debug, Clone)]
pub struct Watch {
    pub lease: WatchLease,
    pub begun_at: DateTime<Utc>,
    /// When the last look that came to its end was begun; None = this is the first.
    pub looked_at: Option<DateTime<Utc>>,
    /// Namespaces that were looked at to their end.
    pub namespaces: Vec<String>,
}

impl Watches<'_> {
    /// Takes a registry whose look is due, and sets its next one. None = there is none, or another process was faster.
    pub async fn begin(&self, lease: Duration) -> Result<Option<Watch>, StoreError> {
        let token = Uuid::new_v4();
        let row = sqlx::query!(
            r#"WITH due AS (
                 SELECT r.id, make_interval(secs => r.watch_interval_seconds) AS every
                 FROM registries r LEFT JOIN watches w ON w.registry_id = r.id
                 WHERE r.watch_interval_seconds IS NOT NULL
                   AND (w.registry_id IS NULL
                        -- An interval that was made shorter counts at once.
                        OR (w.due_at <= coalesce($2, now())
                            OR w.due_at > coalesce($2, now()) + make_interval(secs => r.watch_interval_seconds))
                           AND (w.lease_token IS NULL OR w.lease_until < coalesce($2, now())))
                 ORDER BY w.due_at NULLS FIRST LIMIT 1)
               INSERT INTO watches (registry_id, due_at, lease_token, lease_until)
               SELECT id, coalesce($2, now()) + every, $1, coalesce($2, now()) + make_interval(secs => $3) FROM due
               ON CONFLICT (registry_id) DO UPDATE
               SET due_at = EXCLUDED.due_at, lease_token = EXCLUDED.lease_token, lease_until = EXCLUDED.lease_until
               WHERE watches.lease_token IS NULL AND (watches.due_at <= coalesce($2, now())
                                                      OR watches.due_at > EXCLUDED.due_at)
                  OR watches.lease_until < coalesce($2, now())
               RETURNING registry_id, looked_at, coalesce($2, now()) AS "begun_at!",
                         ARRAY(SELECT namespace FROM watched_namespaces n
                               WHERE n.registry_id = watches.registry_id) AS "namespaces!""#,
            token,
            self.store.clock.bind(),
            lease.as_secs_f64(),
        )
        .fetch_optional(&self.store.pool)
        .await?;
        Ok(row.map(|row| Watch {
            lease: WatchLease { registry_id: row.registry_id, token },
            begun_at: row.begun_at,
            looked_at: row.looked_at,
            namespaces: row.namespaces,
        }))
    }

    /// Keeps the lease for another while; false = it is lost.
    pub async fn renew(&self, lease: WatchLease, by: Duration) -> Result<bool, StoreError> {
        let renewed = sqlx::query!(
            "UPDATE watches SET lease_until = coalesce($3, now()) + make_interval(secs => $4)
             WHERE registry_id = $1 AND lease_token = $2",
            lease.registry_id,
            lease.token,
            self.store.clock.bind(),
            by.as_secs_f64(),
        )
        .execute(&self.store.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Ends a look that did not come to its end; the next one is due after the interval.
    pub async fn give_up(&self, lease: WatchLease) -> Result<bool, StoreError> {
        let given = sqlx::query!(
            "UPDATE watches SET lease_token = NULL, lease_until = NULL WHERE registry_id = $1 AND lease_token = $2",
            lease.registry_id,
            lease.token,
        )
        .execute(&self.store.pool)
        .await?;
        Ok(given.rows_affected() == 1)
    }

    /// Everything was looked at: these namespaces are known from now on, and what lies outside of these repositories is
    /// forgotten. Namespaces without any repository are taken for a stumble of the registry, after which everything
    /// would be new: nothing is forgotten then.
    pub async fn end(
        &self,
        watch: &Watch,
        namespaces: &[String],
        repositories: &[String],
    ) -> Result<bool, StoreError> {
        let (id, mut tx) = (watch.lease.registry_id, self.store.begin().await?);
        let ended = sqlx::query!(
            "UPDATE watches SET lease_token = NULL, lease_until = NULL, looked_at = $3
             WHERE registry_id = $1 AND lease_token = $2",
            id,
            watch.lease.token,
            watch.begun_at,
        )
        .execute(&mut *tx)
        .await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query!(
            "DELETE FROM watched_tags WHERE registry_id = $1 AND repository <> ALL($2)
               AND (cardinality($2) > 0 OR cardinality($3::text[]) = 0)",
            id,
            repositories,
            namespaces,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "DELETE FROM watched_namespaces WHERE registry_id = $1 AND namespace <> ALL($2)",
            id,
            namespaces,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO watched_namespaces (registry_id, namespace) SELECT $1, unnest($2::text[])
             ON CONFLICT DO NOTHING",
            id,
            namespaces,
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Forgets registries that are not watched any more: to watch one again begins anew.
    pub async fn forget_unwatched(&self) -> Result<u64, StoreError> {
        let forgotten = sqlx::query!(
            "DELETE FROM watches WHERE EXISTS (
                 SELECT 1 FROM registries r WHERE r.id = registry_id AND r.watch_interval_seconds IS NULL)"
        );
        Ok(forgotten.execute(&self.store.pool).await?.rows_affected())
    }
}
