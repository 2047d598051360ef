//! From an execution to its tasks: the lease under which that happens, and its three ends.

use chrono::{DateTime, Utc};
use forewarm_domain::execution::Spec;
use forewarm_domain::job::Job;
use forewarm_domain::options::OriginAccess;
use std::time::Duration;
use uuid::Uuid;

use super::{Executions, TABLE, spec};
use crate::queue::{self, Ticket};
use crate::unfinished::Unfinished;
use crate::{StoreError, origin_access};

/// The right to expand one execution. Whoever lost it (another process took over, a user stopped it) writes nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExpansionLease {
    pub execution_id: i64,
    pub token: Uuid,
}

/// An execution that waits for its tasks to be found.
#[derive(Debug, Clone)]
pub struct Expansion {
    pub lease: ExpansionLease,
    pub spec: Spec,
    pub origin: OriginAccess,
    /// Why it cannot be done: a secret of it cannot be opened.
    pub locked: Option<String>,
    /// How many beginnings, this one included, came to no end of their own: their process died, or the database failed.
    pub broken_off: i32,
    /// How often the registry has failed.
    pub failures: i32,
    /// How long the registry has been asking for patience.
    pub busy_for: Duration,
    /// What was said of it last.
    pub message: String,
}

impl Executions<'_> {
    /// Takes the lease; None = the ticket is stale: the execution has ended, is expanded, or is somebody else's.
    pub async fn begin_expansion(
        &self,
        execution_id: i64,
        seq: i64,
        lease: Duration,
    ) -> Result<Option<Expansion>, StoreError> {
        let token = Uuid::new_v4();
        let row = sqlx::query!(
            r#"UPDATE executions
             SET status = 'running', lease_token = $3, attempt = attempt + 1,
                 started_at = coalesce(started_at, $4, now()),
                 due_at = coalesce($4, now()) + make_interval(secs => $5)
             WHERE id = $1 AND seq = $2 AND status IN ('pending', 'running') AND expanded_at IS NULL
               AND (lease_token IS NULL OR due_at < coalesce($4, now()))
             RETURNING spec, origin_access, attempt, failures, message,
                       coalesce(extract(epoch FROM coalesce($4, now()) - busy_since), 0)::float8 AS "busy_for!""#,
            execution_id,
            seq,
            token,
            self.store.clock.bind(),
            lease.as_secs_f64(),
        )
        .fetch_optional(&self.store.pool)
        .await?;
        let Some(row) = row else { return Ok(None) };
        let keys = &self.store.keys;
        let origin = origin_access::from_json(keys, (TABLE, execution_id), row.origin_access);
        let (spec, locked) = spec::read(keys, execution_id, row.spec)?;
        Ok(Some(Expansion {
            lease: ExpansionLease { execution_id, token },
            spec,
            locked: origin.locked().map(str::to_owned).or(locked),
            origin,
            broken_off: row.attempt - row.failures,
            failures: row.failures,
            busy_for: Duration::try_from_secs_f64(row.busy_for).unwrap_or_default(),
            message: row.message,
        }))
    }

    /// Keeps the lease for another while; false = it is lost.
    pub async fn renew_expansion(&self, lease: ExpansionLease, by: Duration) -> Result<bool, StoreError> {
        let renewed = sqlx::query!(
            "UPDATE executions SET due_at = coalesce($3, now()) + make_interval(secs => $4)
             WHERE id = $1 AND lease_token = $2",
            lease.execution_id,
            lease.token,
            self.store.clock.bind(),
            by.as_secs_f64(),
        )
        .execute(&self.store.pool)
        .await?;
        Ok(renewed.rows_affected() == 1)
    }

    /// All tasks are written: the message says what matched. Ends an execution without tasks at once.
    pub async fn end_expansion(
        &self,
        lease: ExpansionLease,
        message: &str,
        warnings: &[String],
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query!(
            "UPDATE executions
             SET expanded_at = coalesce($3, now()), lease_token = NULL, due_at = NULL, seq = seq + 1, message = $4,
                 summary = $4, warnings = warnings || $5
             WHERE id = $1 AND lease_token = $2",
            lease.execution_id,
            lease.token,
            self.store.clock.bind(),
            message,
            warnings,
        )
        .execute(&self.store.pool)
        .await?;
        if ended.rows_affected() == 0 {
            return Ok(false);
        }
        self.finish_if_done(lease.execution_id).await?;
        Ok(true)
    }

    /// Expands it again after `wait`: a new ticket, in the same transaction as the message that says why.
    pub async fn expand_again(
        &self,
        lease: ExpansionLease,
        after: Unfinished,
        wait: Duration,
        message: &str,
    ) -> Result<bool, StoreError> {
        let (uncounted, failures) = after.counted();
        let mut tx = self.store.begin().await?;
        let row = sqlx::query!(
            r#"UPDATE executions
               SET lease_token = NULL, seq = seq + 1, message = $4, attempt = attempt - $6,
                   failures = failures + $7, due_at = coalesce($3, now()) + make_interval(secs => $5),
                   busy_since = CASE WHEN $8 THEN coalesce(busy_since, $3, now()) ELSE busy_since END
               WHERE id = $1 AND lease_token = $2
               RETURNING seq, due_at AS "due_at!: DateTime<Utc>""#,
            lease.execution_id,
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
        let job = Job::ExpandExecution { execution_id: lease.execution_id, seq: row.seq };
        queue::push(&mut tx, &[Ticket { job, run_at: row.due_at }]).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// The execution cannot be expanded: it ends in error, and tasks that exist already are stopped with it.
    pub async fn fail_expansion(&self, lease: ExpansionLease, message: &str) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let failed = sqlx::query!(
            "UPDATE executions
             SET status = 'error', message = $4, lease_token = NULL, due_at = NULL, seq = seq + 1,
                 ended_at = coalesce($3, now())
             WHERE id = $1 AND lease_token = $2",
            lease.execution_id,
            lease.token,
            self.store.clock.bind(),
            message,
        )
        .execute(&mut *tx)
        .await?;
        if failed.rows_affected() == 0 {
            return Ok(false);
        }
        let now = self.store.clock.bind();
        let instances =
            super::end::stop_tasks(&mut tx, lease.execution_id, "the execution failed", now).await?;
        super::end::store_counts(&mut tx, lease.execution_id).await?;
        tx.commit().await?;
        self.count_end(lease.execution_id).await;
        self.store.tasks().fill_windows(&instances).await?;
        Ok(true)
    }
}
