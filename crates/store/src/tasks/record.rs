//! Recording how a step of a task ended, together with the ticket of the next step: one without the other never is.

use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::artifact::Blob;
use forewarm_domain::job::Job;
use forewarm_domain::task::{Proof, Report};
use forewarm_domain::task_log::Line;
use serde_json::json;
use sqlx::PgConnection;

use super::{Lease, Stage, Tasks, window};
use crate::queue::{self, Ticket};
use crate::{StoreError, task_logs};

/// How a step ended.
#[derive(Debug, Clone)]
pub enum Step {
    /// The engine is at it: look again after `check_in`.
    Running { engine_job: Option<String>, check_in: Duration, message: String, report: Report },
    /// Warm, proven as far as `proof`.
    Success { engine_job: Option<String>, proof: Proof, message: String, report: Report },
    /// This attempt failed: submit again after `wait`. `asked` = nobody knows whether the engine took it.
    Retry { wait: Duration, asked: bool, message: String },
    /// The engine had no room for it: submit again after `wait`. `uncounted` = this attempt was counted at its begin,
    /// and shall not be.
    Busy { wait: Duration, message: String, uncounted: bool },
    /// The engine could not be asked how it is going: ask again after `wait`.
    CheckAgain { wait: Duration, message: String },
    /// Failed for good.
    Failed { message: String, report: Option<Report> },
    /// Not begun after all, for want of a free place: the same step again after `wait`, and this time does not count.
    /// `asked` = as it was before.
    GivenBack { wait: Duration, asked: bool },
    /// Broken off in the middle, because the process is stopping: the same step again at once.
    Interrupted,
}

/// What of a step goes into the row.
#[derive(Default)]
struct Columns {
    status: &'static str,
    stage: &'static str,
    message: Option<String>,
    asked: bool,
    engine_job: Option<String>,
    proof: Option<Proof>,
    report: Option<Report>,
    /// Set for steps that are not the last: when the next is due.
    wait: Option<Duration>,
    /// An attempt that never reached the engine is not counted.
    uncounted: bool,
    /// A new attempt starts with nothing submitted.
    resubmit: bool,
    /// Nothing was done yet: its time does not run.
    unbegun: bool,
}

impl Tasks<'_> {
    /// Writes the end of a step, the lines of its log and the next ticket in one transaction. false = the lease was
    /// lost, and nothing was written.
    pub async fn record(
        &self,
        lease: Lease,
        stage: Stage,
        step: Step,
        lines: &[Line],
    ) -> Result<bool, StoreError> {
        let columns = Columns::of(stage, step);
        let now = self.store.clock.bind();
        let mut tx = self.store.pool.begin().await?;
        let Some(row) = write(&mut tx, lease, &columns, now).await? else {
            return Ok(false);
        };
        task_logs::append(&mut tx, lease.task_id, lease.attempt, lines).await?;
        match row.due_at {
            Some(run_at) => {
                let (task_id, seq) = (lease.task_id, row.seq);
                let job = match columns.stage {
                    "check" => Job::CheckTask { task_id, seq },
                    _ => Job::SubmitTask { task_id, seq },
                };
                queue::push(&mut tx, &[Ticket { job, run_at }]).await?;
                tx.commit().await?;
            }
            None => {
                if let Some(instance_id) = row.instance_id {
                    window::open_next(&mut tx, instance_id, now).await?;
                }
                tx.commit().await?;
                self.store.executions().finish_if_done(lease.execution_id).await?;
            }
        }
        Ok(true)
    }

    /// Notes, just before the engine is asked, what it must end up holding, and when it is asked.
    pub async fn note_submission(&self, lease: Lease, blobs: &[Blob]) -> Result<bool, StoreError> {
        let noted = sqlx::query!(
            "UPDATE tasks SET blobs = $3, submitted_at = coalesce($4, now()) WHERE id = $1 AND lease_token = $2",
            lease.task_id,
            lease.token,
            json!(blobs),
            self.store.clock.bind(),
        )
        .execute(&self.store.pool)
        .await?;
        Ok(noted.rows_affected() == 1)
    }
}

impl Columns {
    fn of(stage: Stage, step: Step) -> Self {
        match step {
            Step::Running { engine_job, check_in, message, report } => Self {
                status: "running",
                stage: "check",
                message: Some(message),
                engine_job,
                report: Some(report),
                wait: Some(check_in),
                ..Self::default()
            },
            Step::Success { engine_job, proof, message, report } => Self {
                status: "success",
                stage: "check",
                message: Some(message),
                engine_job,
                proof: Some(proof),
                report: Some(report),
                ..Self::default()
            },
            Step::Retry { wait, asked, message } => Self {
                status: "running",
                stage: "submit",
                message: Some(message),
                asked,
                wait: Some(wait),
                resubmit: !asked,
                ..Self::default()
            },
            Step::Busy { wait, message, uncounted } => Self {
                status: "running",
                stage: "submit",
                message: Some(message),
                wait: Some(wait),
                uncounted,
                resubmit: true,
                ..Self::default()
            },
            Step::CheckAgain { wait, message } => Self {
                status: "running",
                stage: "check",
                message: Some(message),
                wait: Some(wait),
                ..Self::default()
            },
            Step::Failed { message, report } => {
                Self { status: "error", stage: "check", message: Some(message), report, ..Self::default() }
            }
            Step::GivenBack { wait, asked } => Self {
                status: if stage == Stage::Submit && !asked { "pending" } else { "running" },
                unbegun: stage == Stage::Submit && !asked,
                asked,
                stage: stage.as_str(),
                wait: Some(wait),
                uncounted: stage == Stage::Submit,
                ..Self::default()
            },
            Step::Interrupted => Self {
                status: "running",
                asked: stage == Stage::Submit,
                stage: stage.as_str(),
                wait: Some(Duration::ZERO),
                ..Self::default()
            },
        }
    }
}

struct Written {
    seq: i64,
    due_at: Option<DateTime<Utc>>,
    instance_id: Option<i64>,
}

async fn write(
    connection: &mut PgConnection,
    lease: Lease,
    columns: &Columns,
    now: Option<DateTime<Utc>>,
) -> Result<Option<Written>, StoreError> {
    let row = sqlx::query_as!(
        Written,
        r#"UPDATE tasks
           SET status = $3, stage = $4, message = coalesce($5, message), asked = $6,
               engine_job = CASE WHEN $13 THEN NULL ELSE coalesce($7, engine_job) END,
               submitted_at = CASE WHEN $13 THEN NULL ELSE submitted_at END,
               proof = $8, report = coalesce($9, report),
               attempt = attempt - CASE WHEN $12 AND NOT $6 THEN 1 ELSE 0 END,
               interruptions = interruptions - CASE WHEN $12 AND $6 THEN 1 ELSE 0 END,
               due_at = coalesce($11, now()) + make_interval(secs => $10),
               deadline = CASE WHEN $14 AND attempt = 1 THEN NULL ELSE deadline END,
               started_at = CASE WHEN $14 AND attempt = 1 THEN NULL ELSE started_at END,
               ended_at = CASE WHEN $10::float8 IS NULL THEN coalesce($11, now()) END,
               opened = $10::float8 IS NOT NULL, lease_token = NULL, seq = seq + 1
           WHERE id = $1 AND lease_token = $2
           RETURNING seq, due_at, instance_id"#,
        lease.task_id,
        lease.token,
        columns.status,
        columns.stage,
        columns.message,
        columns.asked,
        columns.engine_job,
        columns.proof.map(Proof::as_str),
        columns.report.as_ref().map(|report| json!(report)),
        columns.wait.map(|wait| wait.as_secs_f64()),
        now,
        columns.uncounted,
        columns.resubmit,
        columns.unbegun,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row)
}
