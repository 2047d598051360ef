//! How executions end, and how a user's retry reopens them.

use chrono::{DateTime, Utc};
use forewarm_domain::execution::Counts;
use forewarm_domain::job::Job;
use forewarm_domain::status::Status;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::Executions;
use crate::StoreError;
use crate::audit::Object;
use crate::queue::{self, Ticket};

/// Tasks from one of `executions.page_marks` to the next.
pub(crate) const TASKS_PER_MARK: i64 = 100;

/// The answer to a user's wish to change an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Done,
    /// There is no such execution.
    NotFound,
    /// It is in this status, in which the wish makes no sense.
    Refused(Status),
}

impl Executions<'_> {
    /// Stops an execution: waiting tasks at once; running ones are no longer tracked, the engine may go on.
    pub async fn stop(&self, id: i64) -> Result<Change, StoreError> {
        let now = self.store.clock.bind();
        let mut tx = self.store.begin().await?;
        let watched = self.store.watch(&mut tx, Object::Execution, id).await?;
        let stopped = sqlx::query!(
            "UPDATE executions
             SET status = 'stopped', lease_token = NULL, due_at = NULL, seq = seq + 1, ended_at = coalesce($2, now()),
                 message = 'stopped by a user; engines may go on with what they were already given'
             WHERE id = $1 AND status IN ('pending', 'running')",
            id,
            now,
        )
        .execute(&mut *tx)
        .await?;
        if stopped.rows_affected() == 0 {
            return refused(&mut tx, id).await;
        }
        let instances = stop_tasks(&mut tx, id, "stopped by a user", now).await?;
        let counts = store_counts(&mut tx, id).await?;
        if counts.stopped == 0 && self.end_as_it_is(&mut tx, id, &counts).await? {
            tx.commit().await?;
            return Ok(Change::Refused(counts.outcome()));
        }
        self.store.note(&mut tx, "stop", watched).await?;
        tx.commit().await?;
        self.count_end(id).await;
        self.store.tasks().fill_windows(&instances).await?;
        Ok(Change::Done)
    }

    /// Runs the failed and stopped tasks of an ended execution again, or its expansion where that failed.
    pub async fn retry(&self, id: i64) -> Result<Change, StoreError> {
        let now = self.store.clock.bind();
        let mut tx = self.store.begin().await?;
        let watched = self.store.watch(&mut tx, Object::Execution, id).await?;
        let row = sqlx::query!(
            r#"UPDATE executions
               SET status = CASE WHEN expanded_at IS NULL THEN 'pending' ELSE 'running' END, attempt = 0,
                   failures = 0, busy_since = NULL, seq = seq + 1, ended_at = NULL, final_counts = NULL,
                   message = 'retry asked for by a user',
                   due_at = CASE WHEN expanded_at IS NULL THEN coalesce($2, now()) END
               WHERE id = $1 AND status IN ('error', 'stopped')
               RETURNING seq, due_at, (spec ->> 'max_attempts')::integer AS "max_attempts!""#,
            id,
            now,
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(row) = row else {
            return refused(&mut tx, id).await;
        };
        let instances = reopen_tasks(&mut tx, id, row.max_attempts).await?;
        if let Some(run_at) = row.due_at {
            let job = Job::ExpandExecution { execution_id: id, seq: row.seq };
            queue::push(&mut tx, &[Ticket { job, run_at }]).await?;
        }
        self.store.note(&mut tx, "retry", watched).await?;
        tx.commit().await?;
        self.store.tasks().fill_windows(&instances).await?;
        self.finish_if_done(id).await?;
        Ok(Change::Done)
    }

    /// Gives an execution its final status once no task of it is open. Called by whoever finished one; whoever
    /// dies before that leaves it to the sweep.
    pub async fn finish_if_done(&self, id: i64) -> Result<bool, StoreError> {
        let open = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT 1 FROM tasks WHERE execution_id = $1 AND ended_at IS NULL) AS "open!""#,
            id
        )
        .fetch_one(&self.store.pool)
        .await?;
        if open { Ok(false) } else { self.finish(id).await }
    }

    /// The wish to stop came when all was done already, and only nobody had said so: then that is the end.
    async fn end_as_it_is(
        &self,
        tx: &mut PgConnection,
        id: i64,
        counts: &Counts,
    ) -> Result<bool, StoreError> {
        let ended = sqlx::query!(
            "UPDATE executions SET status = $2, message = coalesce($3, summary)
             WHERE id = $1 AND expanded_at IS NOT NULL",
            id,
            counts.outcome().as_str(),
            (counts.error > 0).then(|| final_message("", counts)),
        )
        .execute(tx)
        .await?;
        Ok(ended.rows_affected() == 1)
    }

    async fn finish(&self, id: i64) -> Result<bool, StoreError> {
        let mut tx = self.store.begin().await?;
        let summary = sqlx::query_scalar!(
            "SELECT summary FROM executions
             WHERE id = $1 AND status = 'running' AND expanded_at IS NOT NULL FOR UPDATE",
            id
        )
        .fetch_optional(&mut *tx)
        .await?;
        let Some(summary) = summary else { return Ok(false) };
        let counts = store_counts(&mut tx, id).await?;
        if counts.open() > 0 {
            return Ok(false);
        }
        sqlx::query!(
            "UPDATE executions SET status = $2, message = $3, ended_at = coalesce($4, now()) WHERE id = $1",
            id,
            counts.outcome().as_str(),
            final_message(&with_warm(&mut tx, id, &summary).await?, &counts),
            self.store.clock.bind(),
        )
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
        tracing::info!(
            execution_id = id,
            status = counts.outcome().as_str(),
            success = counts.success,
            error = counts.error,
            stopped = counts.stopped,
            "execution ended"
        );
        self.count_end(id).await;
        Ok(true)
    }
}

fn final_message(summary: &str, counts: &Counts) -> String {
    match (counts.error, counts.stopped) {
        (0, 0) => summary.to_owned(),
        (0, stopped) => format!("{stopped} of {} stopped", tasks(counts.total())),
        (error, _) => format!("{error} of {} failed; each says why", tasks(counts.total())),
    }
}

/// The summary with the number of tasks that needed no work, if there are any.
async fn with_warm(connection: &mut PgConnection, id: i64, summary: &str) -> Result<String, StoreError> {
    let warm = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM tasks WHERE execution_id = $1 AND status = 'success' AND already_warm"#,
        id
    )
    .fetch_one(connection)
    .await?;
    Ok(if warm > 0 { format!("{summary}; {warm} already warm") } else { summary.to_owned() })
}

fn tasks(count: i64) -> String {
    format!("{count} {}", if count == 1 { "task" } else { "tasks" })
}

/// Stops every open task of an execution and returns the instances that have room now.
pub(super) async fn stop_tasks(
    connection: &mut PgConnection,
    execution_id: i64,
    reason: &str,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<i64>, StoreError> {
    let instances = sqlx::query_scalar!(
        r#"WITH stopped AS (
               UPDATE tasks t
               SET status = 'stopped', opened = false, lease_token = NULL, due_at = NULL, seq = seq + 1,
                   ended_at = coalesce($3, now()), log_lines = log_lines + CASE WHEN started_at IS NULL THEN 0 ELSE 1 END,
                   message = $2 || CASE WHEN status = 'running'
                       THEN '; no longer tracked, the engine may go on' ELSE ' before the engine was asked' END
               WHERE id IN (
                   SELECT id FROM tasks WHERE execution_id = $1 AND ended_at IS NULL
                   ORDER BY id FOR UPDATE)
               RETURNING id, instance_id, attempt, message, started_at, log_lines
           ), logged AS (
               INSERT INTO task_logs (task_id, n, attempt, lines)
               SELECT id, log_lines, attempt, jsonb_build_array(jsonb_build_object(
                   'at', coalesce($3, now()), 'level', 'warning', 'message', message))
               FROM stopped WHERE started_at IS NOT NULL
           )
           SELECT DISTINCT instance_id AS "instance_id!" FROM stopped WHERE instance_id IS NOT NULL"#,
        execution_id,
        reason,
        now,
    )
    .fetch_all(connection)
    .await?;
    Ok(instances)
}

async fn reopen_tasks(
    connection: &mut PgConnection,
    execution_id: i64,
    max_attempts: i32,
) -> Result<Vec<i64>, StoreError> {
    let instances = sqlx::query_scalar!(
        r#"WITH reopened AS (
               UPDATE tasks
               SET status = 'pending', opened = false, asked = false, stage = 'submit', seq = seq + 1,
                   max_attempts = attempt + $2, interruptions = 0, engine_job = NULL, submitted_at = NULL,
                   deadline = NULL, due_at = NULL, ended_at = NULL, proof = NULL, report = NULL,
                   message = 'waiting: retry asked for by a user'
               WHERE execution_id = $1 AND status IN ('error', 'stopped') AND instance_id IS NOT NULL
               RETURNING instance_id
           )
           SELECT DISTINCT instance_id AS "instance_id!" FROM reopened"#,
        execution_id,
        max_attempts,
    )
    .fetch_all(connection)
    .await?;
    Ok(instances)
}

/// Counts the tasks of an execution that has ended, once and for all, and marks where its pages begin.
pub(super) async fn store_counts(
    connection: &mut PgConnection,
    execution_id: i64,
) -> Result<Counts, StoreError> {
    let counts = sqlx::query_scalar!(
        r#"UPDATE executions e
           SET final_counts = coalesce((
               SELECT jsonb_object_agg(counted.status, counted.tasks)
               FROM (SELECT status, count(*) AS tasks FROM tasks WHERE execution_id = $1 GROUP BY status) counted
           ), '{}'),
           page_marks = (
               SELECT array_agg(id ORDER BY id)
               FROM (SELECT id, row_number() OVER (ORDER BY id) AS n FROM tasks WHERE execution_id = $1) numbered
               WHERE n % $2 = 1)
           WHERE id = $1
           RETURNING final_counts AS "counts!: Json<Counts>""#,
        execution_id,
        TASKS_PER_MARK,
    )
    .fetch_one(connection)
    .await?;
    Ok(counts.0)
}

async fn refused(connection: &mut PgConnection, id: i64) -> Result<Change, StoreError> {
    let status: Option<String> = sqlx::query_scalar!("SELECT status FROM executions WHERE id = $1", id)
        .fetch_optional(connection)
        .await?;
    Ok(match status.and_then(|status| status.parse().ok()) {
        Some(status) => Change::Refused(status),
        None => Change::NotFound,
    })
}
