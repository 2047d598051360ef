//! What looks at engines and registries found: their health columns, and the table `health_changes`.

use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::health::Health;
use sqlx::PgConnection;

use crate::listing::Page;
use crate::{Store, StoreError};

/// Something that is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Watched {
    Instance(i64),
    Registry(i64),
}

impl Store {
    pub fn health(&self) -> HealthRecords<'_> {
        HealthRecords { store: self }
    }
}

/// What can be done with the health of instances and registries.
#[derive(Debug, Clone, Copy)]
pub struct HealthRecords<'a> {
    store: &'a Store,
}

/// What was known before a look.
struct Before {
    name: String,
    healthy: Option<bool>,
    reason: Option<String>,
}

impl HealthRecords<'_> {
    /// Takes up to `limit` enabled instances and up to `limit` registries that are due for a look, and sets their next
    /// time `interval` ahead, a tenth more or less so that they spread. Whoever takes one is the only one who looks.
    pub async fn take_due(&self, limit: i64, interval: Duration) -> Result<Vec<Watched>, StoreError> {
        let now = self.store.clock.bind();
        let instances = sqlx::query_scalar!(
            "UPDATE instances
             SET next_health_at = coalesce($1, now()) + make_interval(secs => $2 * (0.9 + 0.2 * random()))
             WHERE id IN (SELECT id FROM instances WHERE enabled AND next_health_at <= coalesce($1, now())
                          ORDER BY next_health_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id",
            now,
            interval.as_secs_f64(),
            limit,
        )
        .fetch_all(&self.store.pool)
        .await?;
        let registries = sqlx::query_scalar!(
            "UPDATE registries
             SET next_health_at = coalesce($1, now()) + make_interval(secs => $2 * (0.9 + 0.2 * random()))
             WHERE id IN (SELECT id FROM registries WHERE next_health_at <= coalesce($1, now())
                          ORDER BY next_health_at, id LIMIT $3 FOR NO KEY UPDATE SKIP LOCKED)
             RETURNING id",
            now,
            interval.as_secs_f64(),
            limit,
        )
        .fetch_all(&self.store.pool)
        .await?;
        Ok(instances
            .into_iter()
            .map(Watched::Instance)
            .chain(registries.into_iter().map(Watched::Registry))
            .collect())
    }

    /// Keeps what a look found, and notes it as a change if it is one. `edited_at` is the `updated_at` of what was
    /// looked at: if a user has edited it since, nothing is kept, as it may be something else now.
    pub async fn record(
        &self,
        watched: Watched,
        edited_at: DateTime<Utc>,
        health: &Health,
    ) -> Result<(), StoreError> {
        let mut tx = self.store.begin().await?;
        let before = match watched {
            Watched::Instance(id) => keep_of_instance(&mut tx, id, edited_at, health).await?,
            Watched::Registry(id) => keep_of_registry(&mut tx, id, edited_at, health).await?,
        };
        let Some(before) = before else { return Ok(()) };
        let is_change = !before
            .healthy
            .is_some_and(|healthy| health.is_like(healthy, before.reason.as_deref().unwrap_or_default()));
        if is_change {
            note(&mut tx, watched, health).await?;
        }
        tx.commit().await?;
        tell(watched, &before, health);
        Ok(())
    }

    /// One page of what changed, newest first, and how many changes are known.
    pub async fn changes(
        &self,
        watched: Watched,
        limit: i64,
        offset: i64,
    ) -> Result<Page<Health>, StoreError> {
        let (instance_id, registry_id) = watched.columns();
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "total!" FROM health_changes WHERE instance_id = $1 OR registry_id = $2"#,
            instance_id,
            registry_id,
        )
        .fetch_one(&self.store.pool)
        .await?;
        let items = sqlx::query_as!(
            Health,
            "SELECT healthy, reason, latency_ms, at AS checked_at FROM health_changes
             WHERE instance_id = $1 OR registry_id = $2 ORDER BY id DESC LIMIT $3 OFFSET $4",
            instance_id,
            registry_id,
            limit,
            offset,
        )
        .fetch_all(&self.store.pool)
        .await?;
        Ok(Page { items, total })
    }
}

impl Watched {
    fn columns(self) -> (Option<i64>, Option<i64>) {
        match self {
            Self::Instance(id) => (Some(id), None),
            Self::Registry(id) => (None, Some(id)),
        }
    }
}

async fn keep_of_instance(
    connection: &mut PgConnection,
    id: i64,
    edited_at: DateTime<Utc>,
    health: &Health,
) -> Result<Option<Before>, StoreError> {
    let before = sqlx::query_as!(
        Before,
        "WITH before AS (
             SELECT id, name, healthy, health_reason AS reason FROM instances
             WHERE id = $1 AND updated_at = $2 FOR NO KEY UPDATE
         ), kept AS (
             UPDATE instances SET healthy = $3, health_reason = $4, health_latency_ms = $5, health_checked_at = $6
             FROM before WHERE instances.id = before.id
         )
         SELECT name, healthy, reason FROM before",
        id,
        edited_at,
        health.healthy,
        health.reason,
        health.latency_ms,
        health.checked_at,
    );
    Ok(before.fetch_optional(connection).await?)
}

async fn keep_of_registry(
    connection: &mut PgConnection,
    id: i64,
    edited_at: DateTime<Utc>,
    health: &Health,
) -> Result<Option<Before>, StoreError> {
    let before = sqlx::query_as!(
        Before,
        "WITH before AS (
             SELECT id, name, healthy, health_reason AS reason FROM registries
             WHERE id = $1 AND updated_at = $2 FOR NO KEY UPDATE
         ), kept AS (
             UPDATE registries SET healthy = $3, health_reason = $4, health_latency_ms = $5, health_checked_at = $6
             FROM before WHERE registries.id = before.id
         )
         SELECT name, healthy, reason FROM before",
        id,
        edited_at,
        health.healthy,
        health.reason,
        health.latency_ms,
        health.checked_at,
    );
    Ok(before.fetch_optional(connection).await?)
}

async fn note(connection: &mut PgConnection, watched: Watched, health: &Health) -> Result<(), StoreError> {
    let (instance_id, registry_id) = watched.columns();
    sqlx::query!(
        "INSERT INTO health_changes (instance_id, registry_id, at, healthy, reason, latency_ms)
         VALUES ($1, $2, $3, $4, $5, $6)",
        instance_id,
        registry_id,
        health.checked_at,
        health.healthy,
        health.reason,
        health.latency_ms,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// One line when something falls ill and one when it is well again; none in between.
fn tell(watched: Watched, before: &Before, health: &Health) {
    let (name, reason) = (&before.name, &health.reason);
    let what = match watched {
        Watched::Instance(_) => "instance",
        Watched::Registry(_) => "registry",
    };
    match (before.healthy, health.healthy) {
        (None | Some(true), false) => tracing::warn!(name, reason, "{what} is not healthy"),
        (Some(false), true) => tracing::info!(name, reason, "{what} is healthy again"),
        (None | Some(true), true) | (Some(false), false) => {}
    }
}

/// The columns of a health; None = nobody has looked yet.
pub(crate) fn read(
    healthy: Option<bool>,
    reason: Option<String>,
    latency_ms: Option<i64>,
    checked_at: Option<DateTime<Utc>>,
) -> Option<Health> {
    Some(Health {
        healthy: healthy?,
        reason: reason.unwrap_or_default(),
        latency_ms: latency_ms.unwrap_or_default(),
        checked_at: checked_at?,
    })
}
