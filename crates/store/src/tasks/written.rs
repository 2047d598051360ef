//! The statement that writes the ends of steps into their rows and logs.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use forewarm_domain::task::Proof;
use sqlx::PgConnection;
use uuid::Uuid;

use super::record::Record;
use crate::StoreError;

/// What became of a task.
pub(super) struct Written {
    pub task_id: i64,
    pub execution_id: i64,
    pub instance_id: Option<i64>,
    pub stage: String,
    pub seq: i64,
    /// None = it has ended.
    pub due_at: Option<DateTime<Utc>>,
}

/// The columns of the steps, one vector each, as `unnest` takes them.
#[derive(Default)]
struct Steps<'a> {
    task_ids: Vec<i64>,
    tokens: Vec<Uuid>,
    attempts: Vec<i32>,
    statuses: Vec<&'a str>,
    stages: Vec<&'a str>,
    messages: Vec<Option<&'a str>>,
    asked: Vec<bool>,
    engine_jobs: Vec<Option<&'a str>>,
    proofs: Vec<Option<&'a str>>,
    reports: Vec<Option<&'a str>>,
    waits: Vec<Option<f64>>,
    uncounted: Vec<bool>,
    resubmit: Vec<bool>,
    unbegun: Vec<bool>,
    already_warm: Vec<bool>,
    line_counts: Vec<i64>,
    lines: Vec<&'a str>,
}

/// Writes them, and answers with those whose lease was held, by their ids.
pub(super) async fn write(
    connection: &mut PgConnection,
    records: &[&Record],
    now: Option<DateTime<Utc>>,
) -> Result<BTreeMap<i64, Written>, StoreError> {
    let steps = Steps::of(records);
    // Looks that can wait are put off to common moments, so that one question serves many of them.
    let rows = sqlx::query_as!(
        Written,
        r#"WITH step AS (
               SELECT * FROM unnest(
                   $1::bigint[], $2::uuid[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::boolean[], $8::text[],
                   $9::text[], $10::text[], $11::float8[], $12::boolean[], $13::boolean[], $14::boolean[], $15::boolean[],
                   $16::bigint[], $17::text[])
               AS step (task_id, token, at_attempt, status, stage, message, asked, engine_job, proof, report, wait, uncounted,
                        resubmit, unbegun, already_warm, line_count, lines)
           ), written AS (
               UPDATE tasks t
               SET status = step.status, stage = step.stage, message = coalesce(step.message, t.message), asked = step.asked,
                   engine_job = CASE WHEN step.resubmit THEN NULL ELSE coalesce(step.engine_job, t.engine_job) END,
                   submitted_at = CASE WHEN step.resubmit THEN NULL ELSE t.submitted_at END,
                   proof = step.proof, report = coalesce(step.report::jsonb, t.report),
                   attempt = t.attempt - CASE WHEN step.uncounted AND NOT step.asked THEN 1 ELSE 0 END,
                   interruptions = t.interruptions - CASE WHEN step.uncounted AND step.asked THEN 1 ELSE 0 END,
                   due_at = CASE WHEN step.stage = 'check' AND step.wait >= 10
                       THEN date_bin('5 s', coalesce($18, now()) + make_interval(secs => step.wait + 5), 'epoch')
                       ELSE coalesce($18, now()) + make_interval(secs => step.wait) END,
                   deadline = CASE WHEN step.unbegun AND t.attempt = 1 THEN NULL ELSE t.deadline END,
                   started_at = CASE WHEN step.unbegun AND t.attempt = 1 THEN NULL ELSE t.started_at END,
                   ended_at = CASE WHEN step.wait IS NULL THEN coalesce($18, now()) END,
                   already_warm = step.already_warm, opened = step.wait IS NOT NULL, lease_token = NULL, seq = t.seq + 1,
                   log_lines = t.log_lines + step.line_count
               FROM step
               WHERE t.id = step.task_id AND t.lease_token = step.token
               RETURNING t.id, t.execution_id, t.instance_id, t.stage, t.seq, t.due_at,
                         t.log_lines - step.line_count + 1 AS first_line, step.at_attempt, step.line_count, step.lines
           ), logged AS (
               INSERT INTO task_logs (task_id, n, attempt, lines)
               SELECT id, first_line, at_attempt, lines::jsonb FROM written WHERE line_count > 0
           )
           SELECT id AS "task_id!", execution_id AS "execution_id!", instance_id, stage AS "stage!", seq AS "seq!", due_at
           FROM written"#,
        &steps.task_ids,
        &steps.tokens,
        &steps.attempts,
        &steps.statuses as &[&str],
        &steps.stages as &[&str],
        &steps.messages as &[Option<&str>],
        &steps.asked,
        &steps.engine_jobs as &[Option<&str>],
        &steps.proofs as &[Option<&str>],
        &steps.reports as &[Option<&str>],
        &steps.waits as &[Option<f64>],
        &steps.uncounted,
        &steps.resubmit,
        &steps.unbegun,
        &steps.already_warm,
        &steps.line_counts,
        &steps.lines as &[&str],
        now,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.task_id, row)).collect())
}

impl<'a> Steps<'a> {
    fn of(records: &[&'a Record]) -> Self {
        let mut steps = Self::default();
        for Record { lease, columns, report, line_count, lines } in records {
            steps.task_ids.push(lease.task_id);
            steps.tokens.push(lease.token);
            steps.attempts.push(lease.attempt);
            steps.statuses.push(columns.status);
            steps.stages.push(columns.stage);
            steps.messages.push(columns.message.as_deref());
            steps.asked.push(columns.asked);
            steps.engine_jobs.push(columns.engine_job.as_deref());
            steps.proofs.push(columns.proof.map(Proof::as_str));
            steps.reports.push(report.as_deref());
            steps.waits.push(columns.wait.map(|wait| wait.as_secs_f64()));
            steps.uncounted.push(columns.uncounted);
            steps.resubmit.push(columns.resubmit);
            steps.unbegun.push(columns.unbegun);
            steps.already_warm.push(columns.already_warm);
            steps.line_counts.push(*line_count);
            steps.lines.push(lines);
        }
        steps
    }
}
