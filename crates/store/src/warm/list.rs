//! Reading what is warm.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::WarmRows;
use crate::StoreError;
use crate::listing::Page;

/// Which rows; everything that is None does not narrow.
#[derive(Debug, Clone, Default)]
pub struct WarmFilter {
    /// Name of the instance.
    pub instance: Option<String>,
    pub registry_id: Option<i64>,
    /// Full repository name.
    pub repository: Option<String>,
    /// First path segments of the repository; None or empty = any.
    pub namespace: Option<String>,
    pub tag: Option<String>,
    /// Of the manifest, or of the index that holds it.
    pub digest: Option<String>,
    /// Only what can still be relied on.
    pub fresh_only: bool,
    /// For how long proofs of each vendor's instances are relied on, where an instance does not say.
    pub freshness: Vec<(&'static str, Duration)>,
}

/// One manifest on one instance.
#[derive(Debug, Clone, PartialEq)]
pub struct Warm {
    pub instance: String,
    pub registry: String,
    pub repository: String,
    pub digest: String,
    /// What the tags name: the manifest itself, or the index that holds it.
    pub artifact_digest: String,
    pub platform: Option<String>,
    /// What named it at the last preheat.
    pub tags: Vec<String>,
    /// `reported` or `blobs_present`.
    pub proof: String,
    /// Which peers of the engine got it, where that was said.
    pub scope: Option<String>,
    pub since: DateTime<Utc>,
    pub proven_at: DateTime<Utc>,
    /// When a later preheat could not confirm it.
    pub doubted_at: Option<DateTime<Utc>>,
    /// Until about when it can be relied on.
    pub fresh_until: DateTime<Utc>,
    pub fresh: bool,
    /// Config and layers; None = unknown.
    pub bytes: Option<i64>,
    pub execution_id: Option<i64>,
    pub task_id: Option<i64>,
}

impl WarmRows<'_> {
    /// One page, by repository, artifact, platform and instance, and how many there are in all.
    pub async fn list(&self, filter: &WarmFilter, limit: i64, offset: i64) -> Result<Page<Warm>, StoreError> {
        let total = self.count(filter).await?;
        let items = sqlx::query_as!(
            Warm,
            r#"WITH until AS (
                   SELECT w.*, i.name AS instance, least(w.doubted_at, w.proven_at + make_interval(secs =>
                       coalesce((i.settings ->> 'freshness_seconds')::float8, usual.seconds, 0))) AS fresh_until
                   FROM warm w
                   JOIN instances i ON i.id = w.instance_id
                   LEFT JOIN unnest($1::text[], $2::float8[]) AS usual (vendor, seconds) ON usual.vendor = i.vendor
               )
               SELECT w.instance, r.name AS registry, w.repository, w.digest, w.artifact_digest, w.platform, w.tags,
                      w.proof, w.reach ->> 'scope' AS scope, w.since, w.proven_at, w.doubted_at,
                      w.fresh_until AS "fresh_until!", w.fresh_until > coalesce($3, now()) AS "fresh!", w.bytes,
                      w.execution_id, w.task_id
               FROM until w JOIN registries r ON r.id = w.registry_id
               WHERE ($4::text IS NULL OR w.instance = $4) AND ($5::bigint IS NULL OR w.registry_id = $5)
                 AND ($6::text IS NULL OR w.repository = $6) AND ($7::text IS NULL OR $7 = ANY (w.tags))
                 AND ($8::text IS NULL OR w.digest = $8 OR w.artifact_digest = $8)
                 AND (NOT $9::boolean OR w.fresh_until > coalesce($3, now()))
                 AND ($12::text IS NULL OR starts_with(w.repository, $12))
               ORDER BY w.repository, w.artifact_digest, w.platform, w.digest, w.instance, r.name
               LIMIT $10 OFFSET $11"#,
            &filter.vendors(),
            &filter.seconds(),
            self.store.clock.bind(),
            filter.instance,
            filter.registry_id,
            filter.repository,
            filter.tag,
            filter.digest,
            filter.fresh_only,
            limit,
            offset,
            filter.beginning(),
        )
        .fetch_all(&self.store.pool)
        .await?;
        Ok(Page { items, total })
    }

    async fn count(&self, filter: &WarmFilter) -> Result<i64, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!"
               FROM warm w
               JOIN instances i ON i.id = w.instance_id
               LEFT JOIN unnest($1::text[], $2::float8[]) AS usual (vendor, seconds) ON usual.vendor = i.vendor
               WHERE ($4::text IS NULL OR i.name = $4) AND ($5::bigint IS NULL OR w.registry_id = $5)
                 AND ($6::text IS NULL OR w.repository = $6) AND ($7::text IS NULL OR $7 = ANY (w.tags))
                 AND ($8::text IS NULL OR w.digest = $8 OR w.artifact_digest = $8)
                 AND (NOT $9::boolean OR w.doubted_at IS NULL AND w.proven_at + make_interval(secs =>
                      coalesce((i.settings ->> 'freshness_seconds')::float8, usual.seconds, 0)) > coalesce($3, now()))
                 AND ($10::text IS NULL OR starts_with(w.repository, $10))"#,
            &filter.vendors(),
            &filter.seconds(),
            self.store.clock.bind(),
            filter.instance,
            filter.registry_id,
            filter.repository,
            filter.tag,
            filter.digest,
            filter.fresh_only,
            filter.beginning(),
        );
        Ok(total.fetch_one(&self.store.pool).await?)
    }
}

impl WarmFilter {
    /// What the names of the namespace's repositories begin with.
    fn beginning(&self) -> Option<String> {
        let namespace = self.namespace.as_deref().filter(|namespace| !namespace.is_empty());
        namespace.map(|namespace| format!("{namespace}/"))
    }

    fn vendors(&self) -> Vec<String> {
        self.freshness.iter().map(|(vendor, _)| (*vendor).to_owned()).collect()
    }

    fn seconds(&self) -> Vec<f64> {
        self.freshness.iter().map(|(_, time)| time.as_secs_f64()).collect()
    }
}
