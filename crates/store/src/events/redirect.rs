//! An event that turns out to be about another artifact, or whose artifact only now has a digest.

use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;

use super::Events;
use super::evaluation::EvaluationLease;
use super::upsert::{Happening, upsert};
use crate::StoreError;

/// What an event goes on as.
#[derive(Debug, Clone)]
pub struct Redirection {
    pub digest: Digest,
    /// None = all that name the digest.
    pub tags: Vec<String>,
    pub kinds: Vec<EventKind>,
    /// Why, for a person.
    pub reason: String,
}

impl Events<'_> {
    /// Lets the event go on as another one of the same repository, which may be there already and gather more hints.
    /// The notices that made it now belong to that one. false = the lease was lost.
    pub async fn redirect(&self, lease: EvaluationLease, to: &Redirection) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let from = sqlx::query!(
            "SELECT registry_id, repository FROM events WHERE id = $1 AND lease_token = $2 FOR UPDATE",
            lease.event_id,
            lease.token,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(from) = from else { return Ok(false) };
        let happening = Happening {
            repository: from.repository,
            subject: to.digest.to_string(),
            tagless: to.tags.is_empty(),
            tags: to.tags.clone(),
            kinds: to.kinds.clone(),
        };
        let events =
            upsert(&mut tx, from.registry_id, &[happening], self.store.clock.bind(), self.store.gathering)
                .await?;
        let event_id = events.into_values().next();
        sqlx::query!(
            "UPDATE delivery_events SET event_id = $2, reason = $3 WHERE event_id = $1",
            lease.event_id,
            event_id,
            to.reason,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!(
            "UPDATE event_keys SET event_id = $3 WHERE registry_id = $1 AND event_id = $2",
            from.registry_id,
            lease.event_id,
            event_id,
        )
        .execute(&mut *tx)
        .await?;
        sqlx::query!("DELETE FROM events WHERE id = $1", lease.event_id).execute(&mut *tx).await?;
        tx.commit().await?;
        Ok(true)
    }
}
