//! The ticket queue: the only place that enqueues.
//!
//! Jobs lie in apalis's table, written by our own statement inside our own transactions: apalis's has no
//! `ON CONFLICT`, and one duplicate key would abort the transaction (apalis-postgres 1.0.0).

use chrono::{DateTime, Utc};
use forewarm_domain::job::Job;
use sqlx::{PgConnection, PgPool};
use ulid::Ulid;

use crate::{Store, StoreError};

/// Queue of the expansions of executions.
pub const EXECUTIONS: &str = "forewarm.executions";
/// Queue of the steps of tasks.
pub const TASKS: &str = "forewarm.tasks";
/// Queue of the evaluations of events.
pub const EVENTS: &str = "forewarm.events";
/// Every queue.
pub const QUEUES: [&str; 3] = [EXECUTIONS, TASKS, EVENTS];

/// The queue that a job goes to.
pub fn queue_of(job: &Job) -> &'static str {
    match job {
        Job::ExpandExecution { .. } => EXECUTIONS,
        Job::SubmitTasks { .. } | Job::CheckTasks { .. } => TASKS,
        Job::EvaluateEvent { .. } => EVENTS,
    }
}

/// A job with the time it is due.
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub job: Job,
    pub run_at: DateTime<Utc>,
}

/// Writes tickets as part of the caller's transaction. A ticket whose key lies in the queue already is dropped.
pub(crate) async fn push(connection: &mut PgConnection, tickets: &[Ticket]) -> Result<(), StoreError> {
    if tickets.is_empty() {
        return Ok(());
    }
    // Any id that is no ULID makes apalis fail the whole batch that holds it, every time.
    let ids: Vec<String> = tickets.iter().map(|_| Ulid::generate().to_string()).collect();
    let queues: Vec<&str> = tickets.iter().map(|ticket| queue_of(&ticket.job)).collect();
    let bodies: Vec<Vec<u8>> = tickets.iter().map(|ticket| to_bytes(&ticket.job)).collect();
    let due: Vec<DateTime<Utc>> = tickets.iter().map(|ticket| ticket.run_at).collect();
    let keys: Vec<Option<String>> = tickets.iter().map(|ticket| ticket.job.key()).collect();
    sqlx::query(
        "INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority, idempotency_key)
         SELECT id, job_type, job, 'Pending', 0, 25, run_at, 0, key
         FROM unnest($1::text[], $2::text[], $3::bytea[], $4::timestamptz[], $5::text[])
              AS ticket (id, job_type, job, run_at, key)
         ON CONFLICT (job_type, idempotency_key) DO NOTHING",
    )
    .bind(ids)
    .bind(queues)
    .bind(bodies)
    .bind(due)
    .bind(keys)
    .execute(connection)
    .await?;
    Ok(())
}

/// Deletes finished jobs, `limit` at most, and says how many. They must go all the time: apalis's acknowledgement
/// reads every row that its worker ever held.
pub async fn prune(pool: &PgPool, limit: i64) -> Result<u64, StoreError> {
    let deleted = sqlx::query(
        "DELETE FROM apalis.jobs WHERE id IN (
             SELECT id FROM apalis.jobs
             WHERE status IN ('Done', 'Killed') AND done_at < now() - interval '10 seconds'
             LIMIT $1 FOR UPDATE SKIP LOCKED)",
    )
    .bind(limit)
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}

/// Deletes the rows of workers that have not been heard of for an hour: every start of a worker leaves one.
pub async fn prune_workers(pool: &PgPool) -> Result<u64, StoreError> {
    let deleted = sqlx::query(
        "DELETE FROM apalis.workers w
         WHERE last_seen < now() - interval '1 hour'
           AND NOT EXISTS (SELECT 1 FROM apalis.jobs j WHERE j.lock_by = w.id)",
    )
    .execute(pool)
    .await?;
    Ok(deleted.rows_affected())
}

/// Takes the heartbeats of workers whose clock is fast down to now. apalis-postgres 1.0.0 registers a
/// worker by the clock of its process, and judges by the database's: the tickets of one that died before its next
/// heartbeat would be held for as long as its clock was fast.
pub(crate) async fn correct_heartbeats(connection: &mut PgConnection) -> Result<(), StoreError> {
    sqlx::query("UPDATE apalis.workers SET last_seen = now() WHERE last_seen > now() + interval '1 second'")
        .execute(connection)
        .await?;
    Ok(())
}

impl Store {
    /// Takes one job that is due on the store's clock out of the queue, without apalis: for tests, which run the
    /// queue dry on a clock of their own.
    pub async fn take_due_job(&self) -> Result<Option<Job>, StoreError> {
        let body: Option<Vec<u8>> = sqlx::query_scalar(
            "DELETE FROM apalis.jobs WHERE id = (
                 SELECT id FROM apalis.jobs
                 WHERE status = 'Pending' AND run_at <= coalesce($1, now())
                 ORDER BY run_at, id LIMIT 1 FOR UPDATE SKIP LOCKED)
             RETURNING job",
        )
        .bind(self.clock.bind())
        .fetch_optional(&self.pool)
        .await?;
        Ok(body.and_then(|body| serde_json::from_slice(&body).ok()))
    }

    /// When the next job is due; None = the queue is empty.
    pub async fn next_job_due(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let next = sqlx::query_scalar("SELECT min(run_at) FROM apalis.jobs WHERE status = 'Pending'");
        Ok(next.fetch_one(&self.pool).await?)
    }
}

fn to_bytes(job: &Job) -> Vec<u8> {
    // A job is made of plain fields; it always serialises.
    serde_json::to_vec(job).unwrap_or_default()
}
