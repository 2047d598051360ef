//! Recording how a step of a task ended, together with the ticket of the next step: one without the other never is.

use chrono::{DateTime, Utc};
use forewarm_domain::artifact::Blob;
use forewarm_domain::job::Job;
use forewarm_domain::task::Proof;
use forewarm_domain::task_log::Line;
use serde_json::json;
use sqlx::PgConnection;

use super::step::{Columns, Step};
use super::{Lease, Stage, Tasks, window};
use crate::queue::{self, Ticket};
use crate::{StoreError, task_logs, warm};

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
        if let Some(fresh_for) = columns.proves_for {
            warm::prove(&mut tx, lease.task_id, fresh_for, now).await?;
        }
        if columns.casts_doubt {
            warm::doubt(&mut tx, lease.task_id, now).await?;
        }
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
               already_warm = $15, opened = $10::float8 IS NOT NULL, lease_token = NULL, seq = seq + 1
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
        columns.already_warm,
    )
    .fetch_optional(connection)
    .await?;
    Ok(row)
}
