//! Reading the audit log.

use chrono::{DateTime, Utc};

use super::{Audit, Entry};
use crate::StoreError;
use crate::listing::Page;

/// Which entries; every condition that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub actor: Option<String>,
    pub action: Option<String>,
    pub object: Option<String>,
    pub object_id: Option<i64>,
    /// Name of the object.
    pub name: Option<String>,
    pub project: Option<String>,
    pub request_id: Option<String>,
    /// At this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

impl Audit<'_> {
    /// One page, newest first, and how many there are in all.
    pub async fn list(
        &self,
        filter: &AuditFilter,
        limit: i64,
        offset: i64,
    ) -> Result<Page<Entry>, StoreError> {
        let total = self.count(filter).await?;
        let items = sqlx::query_as!(
            Entry,
            "SELECT id, at, actor_kind, actor, token, address, request_id, action, object, object_id, name, project,
                    before, after
             FROM audit
             WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2)
               AND ($3::text IS NULL OR object = $3) AND ($4::bigint IS NULL OR object_id = $4)
               AND ($5::text IS NULL OR name = $5) AND ($6::text IS NULL OR project = $6)
               AND ($7::text IS NULL OR request_id = $7) AND ($8::timestamptz IS NULL OR at >= $8)
               AND ($9::timestamptz IS NULL OR at < $9)
             ORDER BY id DESC LIMIT $10 OFFSET $11",
            filter.actor,
            filter.action,
            filter.object,
            filter.object_id,
            filter.name,
            filter.project,
            filter.request_id,
            filter.since,
            filter.until,
            limit,
            offset,
        )
        .fetch_all(&self.store.pool)
        .await?;
        Ok(Page { items, total })
    }

    async fn count(&self, filter: &AuditFilter) -> Result<i64, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM audit
               WHERE ($1::text IS NULL OR actor = $1) AND ($2::text IS NULL OR action = $2)
                 AND ($3::text IS NULL OR object = $3) AND ($4::bigint IS NULL OR object_id = $4)
                 AND ($5::text IS NULL OR name = $5) AND ($6::text IS NULL OR project = $6)
                 AND ($7::text IS NULL OR request_id = $7) AND ($8::timestamptz IS NULL OR at >= $8)
                 AND ($9::timestamptz IS NULL OR at < $9)"#,
            filter.actor,
            filter.action,
            filter.object,
            filter.object_id,
            filter.name,
            filter.project,
            filter.request_id,
            filter.since,
            filter.until,
        );
        Ok(total.fetch_one(&self.store.pool).await?)
    }
}
