//! The reconciler: repairs what a crash, a lost ticket or a trap of the queue left behind, so that none is final.

use chrono::{DateTime, Utc};
use forewarm_domain::job::{Job, Turn};
use sqlx::PgConnection;

use crate::queue::{self, Ticket};
use crate::tasks::{self, Due, Stage};
use crate::{Store, StoreError, events};

/// One sweeper at a time over all processes.
const LOCK: i64 = 0x666f_7265_7761_726d;
/// How long a ticket may be overdue before it is looked for.
pub(crate) const GRACE_SECONDS: f64 = 60.0;
/// How long it may be overdue although the queue still has it: nothing of the queue's is final.
pub(crate) const LONGEST_GRACE_SECONDS: f64 = 600.0;
/// The most rows repaired in one go.
pub(crate) const LIMIT: i64 = 5_000;

/// What a sweep repaired.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Executions, tasks and events that got a new ticket.
    pub executions: usize,
    pub tasks: usize,
    pub events: usize,
    /// Executions that only had to be given their final status.
    pub finished: usize,
}

impl Store {
    /// Gives a new ticket to every execution, task and event whose lease ran out or whose ticket is lost, tops up the
    /// windows, and ends executions that nobody ended. None = another process is sweeping.
    pub async fn sweep(&self) -> Result<Option<Swept>, StoreError> {
        let mut tx = self.begin().await?;
        let alone: bool =
            sqlx::query_scalar("SELECT pg_try_advisory_xact_lock($1)").bind(LOCK).fetch_one(&mut *tx).await?;
        if !alone {
            return Ok(None);
        }
        let now = self.clock.bind();
        let executions = reticket_executions(&mut tx, now).await?;
        let tasks = reticket_tasks(&mut tx, now).await?;
        let events = events::reticket(&mut tx, now).await?;
        queue::correct_heartbeats(&mut tx).await?;
        tx.commit().await?;
        self.fill_all_windows().await?;
        let finished = self.finish_forgotten().await?;
        Ok(Some(Swept { executions, tasks, events, finished }))
    }

    async fn fill_all_windows(&self) -> Result<(), StoreError> {
        let waiting = sqlx::query_scalar!(
            r#"SELECT i.id FROM instances i
               WHERE EXISTS (SELECT 1 FROM tasks t WHERE t.instance_id = i.id AND NOT t.opened AND t.ended_at IS NULL)"#
        )
        .fetch_all(&self.pool)
        .await?;
        self.tasks().fill_windows(&waiting).await
    }

    async fn finish_forgotten(&self) -> Result<usize, StoreError> {
        let forgotten = sqlx::query_scalar!(
            "SELECT e.id FROM executions e
             WHERE e.status = 'running' AND e.expanded_at IS NOT NULL
               AND NOT EXISTS (SELECT 1 FROM tasks t WHERE t.execution_id = e.id AND t.ended_at IS NULL)
             LIMIT $1",
            LIMIT
        )
        .fetch_all(&self.pool)
        .await?;
        let mut finished = 0;
        for id in forgotten {
            finished += usize::from(self.executions().finish_if_done(id).await?);
        }
        Ok(finished)
    }
}

/// A row whose lease ran out is taken at once. One whose ticket is late gets the grace, and is left alone as long as
/// the ticket is in the queue: in a long queue a new ticket would only go to its end.
async fn reticket_executions(
    connection: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<usize, StoreError> {
    // Plain queries: the queue's tables are not there when queries are checked.
    let rows: Vec<(i64, i64, DateTime<Utc>)> = sqlx::query_as(
        "UPDATE executions SET seq = seq + 1, lease_token = NULL, due_at = coalesce($1, now())
         WHERE id IN (
             SELECT id FROM executions e
             WHERE status IN ('pending', 'running') AND expanded_at IS NULL AND due_at < coalesce($1, now())
               AND (lease_token IS NOT NULL
                    OR due_at < coalesce($1, now()) - make_interval(secs => $2) AND NOT EXISTS (
                        SELECT 1 FROM apalis.jobs j
                        WHERE j.job_type = $4 AND j.idempotency_key = 'execution:' || e.id || ':' || e.seq
                          AND j.status IN ('Pending', 'Queued', 'Running'))
                    OR due_at < coalesce($1, now()) - make_interval(secs => $5))
             LIMIT $3 FOR UPDATE SKIP LOCKED)
         RETURNING id, seq, due_at",
    )
    .bind(now)
    .bind(GRACE_SECONDS)
    .bind(LIMIT)
    .bind(queue::EXECUTIONS)
    .bind(LONGEST_GRACE_SECONDS)
    .fetch_all(&mut *connection)
    .await?;
    let ticket =
        |&(execution_id, seq, run_at)| Ticket { job: Job::ExpandExecution { execution_id, seq }, run_at };
    queue::push(connection, &rows.iter().map(ticket).collect::<Vec<_>>()).await?;
    Ok(rows.len())
}

/// Of the tickets in the queue only the tasks' names are wanted, and only when something is overdue.
async fn reticket_tasks(
    connection: &mut PgConnection,
    now: Option<DateTime<Utc>>,
) -> Result<usize, StoreError> {
    let rows: Vec<(i64, i64, String, DateTime<Utc>)> = sqlx::query_as(
        "WITH overdue AS (
             SELECT id, seq, lease_token IS NOT NULL AS leased, due_at FROM tasks
             WHERE opened AND due_at < coalesce($1, now())
               AND (lease_token IS NOT NULL OR due_at < coalesce($1, now()) - make_interval(secs => $2))
             ORDER BY id LIMIT $3 FOR UPDATE SKIP LOCKED
         ), queued AS MATERIALIZED (
             SELECT (turn ->> 'task_id')::bigint AS task_id, (turn ->> 'seq')::bigint AS seq
             FROM apalis.jobs j
             CROSS JOIN LATERAL jsonb_array_elements(convert_from(j.job, 'UTF8')::jsonb -> 'tasks') AS turn
             WHERE j.job_type = $4 AND j.status IN ('Pending', 'Queued', 'Running')
               AND EXISTS (SELECT 1 FROM overdue WHERE NOT leased)
         )
         UPDATE tasks t SET seq = t.seq + 1, lease_token = NULL, due_at = coalesce($1, now())
         FROM overdue o
         WHERE t.id = o.id
           AND (o.leased OR o.due_at < coalesce($1, now()) - make_interval(secs => $5)
                OR NOT EXISTS (SELECT 1 FROM queued q WHERE q.task_id = o.id AND q.seq = o.seq))
         RETURNING t.id, t.seq, t.stage, t.due_at",
    )
    .bind(now)
    .bind(GRACE_SECONDS)
    .bind(LIMIT)
    .bind(queue::TASKS)
    .bind(LONGEST_GRACE_SECONDS)
    .fetch_all(&mut *connection)
    .await?;
    let due = |&(task_id, seq, ref stage, at): &(i64, i64, String, DateTime<Utc>)| Due {
        turn: Turn { task_id, seq },
        stage: Stage::from_word(stage),
        at,
    };
    tasks::push(connection, &rows.iter().map(due).collect::<Vec<_>>()).await?;
    Ok(rows.len())
}
