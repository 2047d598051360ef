//! What is known of a repository.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use forewarm_domain::event::EventKind;

use super::Watches;
use crate::StoreError;

/// What a tag named at the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub digest: String,
    /// None = nobody needed them.
    pub labels: Option<Vec<String>>,
    pub signatures: Option<Vec<String>>,
}

/// What was told of a repository by its registry.
#[derive(Debug, Clone)]
pub struct Told {
    /// The digest.
    pub subject: String,
    pub tags: Vec<String>,
    pub kinds: Vec<EventKind>,
}

impl Watches<'_> {
    /// The tags of a repository as they were at the last look.
    pub async fn known(
        &self,
        registry_id: i64,
        repository: &str,
    ) -> Result<HashMap<String, Known>, StoreError> {
        let rows = sqlx::query!(
            "SELECT tag, digest, labels, signatures FROM watched_tags WHERE registry_id = $1 AND repository = $2",
            registry_id,
            repository,
        )
        .fetch_all(&self.store.pool)
        .await?;
        let known = rows.into_iter().map(|row| {
            let (digest, labels, signatures) = (row.digest, row.labels, row.signatures);
            (row.tag, Known { digest, labels, signatures })
        });
        Ok(known.collect())
    }

    /// What became events since then, without those that could not be evaluated: they count as not told.
    pub async fn told(
        &self,
        registry_id: i64,
        repository: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<Told>, StoreError> {
        let rows = sqlx::query!(
            "SELECT subject, tags, kinds FROM events
             WHERE registry_id = $1 AND repository = $2 AND created_at >= $3 AND status <> 'error'",
            registry_id,
            repository,
            since,
        )
        .fetch_all(&self.store.pool)
        .await?;
        let told = rows.into_iter().map(|row| Told {
            subject: row.subject,
            tags: row.tags,
            kinds: row.kinds.iter().filter_map(|word| word.parse().ok()).collect(),
        });
        Ok(told.collect())
    }
}
