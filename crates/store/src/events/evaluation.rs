//! The lease under which an event is evaluated, and its ends.

use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::delivery::Outcome;
use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;
use forewarm_domain::job::Job;
use serde_json::json;
use uuid::Uuid;

use super::Events;
use crate::StoreError;
use crate::queue::{self, Ticket};
use crate::unfinished::Unfinished;

/// The right to evaluate one event. Whoever lost it writes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EvaluationLease {
    pub event_id: i64,
    pub token: Uuid,
}

/// An event that is to be evaluated.
#[derive(Debug, Clone)]
pub struct Evaluation {
    pub lease: EvaluationLease,
    pub registry_id: i64,
    /// Full repository name.
    pub repository: String,
    /// None = the tags must be looked up first.
    pub digest: Option<Digest>,
    /// All that were told.
    pub tags: Vec<String>,
    /// Something was told of the digest alone, and so of all tags that name it.
    pub tagless: bool,
    pub kinds: Vec<EventKind>,
    /// How many beginnings, this one included, came to no end of their own: their process died, or the database failed.
    pub broken_off: i32,
    /// How often the registry has failed.
    pub failures: i32,
    /// How long the registry has been asking for patience.
    pub busy_for: Duration,
    /// What was said of it last.
    pub message: String,
}

impl Events<'_> {
    /// Takes the lease; from now on the event takes up no more hints. None = the ticket is stale.
    pub async fn begin(
        &self,
        event_id: i64,
        seq: i64,
        lease: Duration,
    ) -> Result<Option<Evaluation>, StoreError> {
        let token = Uuid::new_v4();
        let row = sqlx::query!(
            r#"UPDATE events
             SET status = 'running', lease_token = $3, attempt = attempt + 1,
                 due_at = coalesce($4, now()) + make_interval(secs => $5)
             WHERE id = $1 AND seq = $2 AND status IN ('pending', 'running')
               AND (lease_token IS NULL OR due_at < coalesce($4, now()))
             RETURNING registry_id, repository, subject, tags, tagless, kinds, attempt, failures, message,
                       coalesce(extract(epoch FROM coalesce($4, now()) - busy_since), 0)::float8 AS "busy_for!""#,
            event_id,
            seq,
            token,
            self.store.clock.bind(),
            lease.as_secs_f64(),
        )
        .fetch_optional(&self.store.pool)
        .await?;
        Ok(row.map(|row| Evaluation {
            lease: EvaluationLease { event_id, token },
            registry_id: row.registry_id,
            repository: row.repository,
            digest: Digest::parse(&row.subject).ok(),
            tags: row.tags,
            tagless: row.tagless,
            // A word of a newer version means nothing to this one.
            kinds: row.kinds.iter().filter_map(|word| word.parse().ok()).collect(),
            broken_off: row.attempt - row.failures,
            failures: row.failures,
            busy_for: Duration::try_from_secs_f64(row.busy_for).unwrap_or_default(),
            message: row.message,
        }))
    }

    /// Keeps the lease for another while; false = it is lost.
    pub async fn renew(&self, lease: EvaluationLease, by: Duration) -> Result<bool, StoreError> {
        let renewed = sqlx::query!(
            "UPDATE events SET due_at = coalesce($3, now()) + make_interval(secs => $4)
             WHERE id = $1 AND lease_token = $2",
            lease.event_id,
            lease.token,
            self.store.clock.bind(),
            by.as_secs_f64(),
        )
        .execute(&self.store.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// Evaluates it again after `wait`: a new ticket, in the same transaction as the message that says why.
    pub async fn evaluate_again(
        &self,
        lease: EvaluationLease,
        after: Unfinished,
        wait: Duration,
        message: &str,
    ) -> Result<bool, StoreError> {
        let (uncounted, failures) = after.counted();
        let mut tx = self.store.begin().await?;
        let row = sqlx::query!(
            r#"UPDATE events
               SET lease_token = NULL, seq = seq + 1, message = $4, attempt = attempt - $6,
                   failures = failures + $7, due_at = coalesce($3, now()) + make_interval(secs => $5),
                   busy_since = CASE WHEN $8 THEN coalesce(busy_since, $3, now()) ELSE busy_since END
               WHERE id = $1 AND lease_token = $2
               RETURNING seq, due_at AS "due_at!: DateTime<Utc>""#,
            lease.event_id,
            lease.token,
            self.store.clock.bind(),
            message,
            wait.as_secs_f64(),
            uncounted,
            failures,
            after == Unfinished::Busy,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else { return Ok(false) };
        let job = Job::EvaluateEvent { event_id: lease.event_id, seq: row.seq };
        queue::push(&mut tx, &[Ticket { job, run_at: row.due_at }]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The event is evaluated, or could not be (`is_error`): the message says in one line what came of it.
    pub async fn end(
        &self,
        lease: EvaluationLease,
        is_error: bool,
        message: &str,
        outcome: &Outcome,
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query!(
            "UPDATE events
             SET status = CASE WHEN $4 THEN 'error' ELSE 'done' END, message = $5, outcome = $6,
                 lease_token = NULL, due_at = NULL, seq = seq + 1, ended_at = coalesce($3, now())
             WHERE id = $1 AND lease_token = $2",
            lease.event_id,
            lease.token,
            self.store.clock.bind(),
            is_error,
            message,
            json!(outcome),
        )
        .execute(&self.store.pool)
        .await?;
        Ok(ended.rows_affected() == 1)
    }
}
