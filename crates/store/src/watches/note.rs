//! Notes what a look at a repository found, in one transaction with the events that it makes: each change fires once.

use forewarm_domain::delivery::WATCH;
use forewarm_domain::hint::Notice;
use serde::Serialize;
use serde_json::json;

use super::Watches;
use super::lease::WatchLease;
use crate::StoreError;
use crate::events::NewDelivery;

/// What a tag names now, where that differs from what was known.
#[derive(Debug, Clone, Serialize)]
pub struct Noted {
    pub tag: String,
    pub digest: String,
    pub labels: Option<Vec<String>>,
    pub signatures: Option<Vec<String>>,
}

impl Watches<'_> {
    /// Remembers what changed, forgets the tags that are gone, and stores the notices as a delivery, if there are any.
    /// false = the lease was lost, and nothing was written.
    pub async fn note(
        &self,
        lease: WatchLease,
        repository: &str,
        changed: &[Noted],
        gone: &[String],
        notices: Vec<Notice>,
    ) -> Result<bool, StoreError> {
        let (id, mut tx) = (lease.registry_id, self.store.begin().await?);
        let held = sqlx::query_scalar!(
            r#"SELECT 1 AS "held!" FROM watches WHERE registry_id = $1 AND lease_token = $2 FOR UPDATE"#,
            id,
            lease.token,
        );
        if held.fetch_optional(&mut *tx).await?.is_none() {
            return Ok(false);
        }
        sqlx::query!(
            "DELETE FROM watched_tags WHERE registry_id = $1 AND repository = $2 AND tag = ANY($3)",
            id,
            repository,
            gone,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "INSERT INTO watched_tags (registry_id, repository, tag, digest, labels, signatures)
             SELECT $1, $2, tag, digest, labels, signatures
             FROM jsonb_to_recordset($3) AS seen (tag text, digest text, labels text[], signatures text[])
             ON CONFLICT (registry_id, repository, tag) DO UPDATE
             SET digest = EXCLUDED.digest, labels = EXCLUDED.labels, signatures = EXCLUDED.signatures",
            id,
            repository,
            json!(changed),
        )
        .execute(&mut *tx)
        .await?;
        if !notices.is_empty() {
            let note = format!("a look at {repository}");
            let delivery = NewDelivery { registry_id: id, format: WATCH.to_owned(), note, notices };
            self.store.events().accept_in(&mut tx, delivery).await?;
        }
        tx.commit().await?;
        Ok(true)
    }
}
