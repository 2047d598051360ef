//! New tickets for events whose lease ran out or whose ticket is lost.

use chrono::{DateTime, Utc};
use forewarm_domain::job::Job;
use sqlx::PgConnection;

use crate::StoreError;
use crate::queue::{self, Ticket};
use crate::sweep::{GRACE_SECONDS, LIMIT, LONGEST_GRACE_SECONDS};

/// By the same rules as for executions (`sweep.rs`).
pub(crate) async fn reticket(
    connection: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<usize, StoreError> {
    // A plain query: the queue's tables are not there when queries are checked.
    let rows: Vec<(i64, i64, DateTime<Utc>)> = sqlx::query_as(
        "UPDATE events SET seq = seq + 1, lease_token = NULL, due_at = coalesce($1, now())
         WHERE id IN (
             SELECT id FROM events e
             WHERE status IN ('pending', 'running') AND due_at < coalesce($1, now())
               AND (lease_token IS NOT NULL
                    OR due_at < coalesce($1, now()) - make_interval(secs => $2) AND NOT EXISTS (
                        SELECT 1 FROM apalis.jobs j
                        WHERE j.job_type = $4 AND j.idempotency_key = 'event:' || e.id || ':' || e.seq
                          AND j.status IN ('Pending', 'Queued', 'Running'))
                    OR due_at < coalesce($1, now()) - make_interval(secs => $5))
             LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, seq, due_at",
    )
    .bind(now)
    .bind(GRACE_SECONDS)
    .bind(LIMIT)
    .bind(queue::EVENTS)
    .bind(LONGEST_GRACE_SECONDS)
    .fetch_all(&mut *connection)
    .await?;
    let ticket = |&(event_id, seq, run_at)| Ticket { job: Job::EvaluateEvent { event_id, seq }, run_at };
    queue::push(connection, &rows.iter().map(ticket).collect::<Vec<_>>()).await?;
    Ok(rows.len())
}
