//! Reading tasks.

use chrono::{DateTime, Utc};
use forewarm_domain::Invalid;
use forewarm_domain::digest::Digest;
use forewarm_domain::platform::Platform;
use forewarm_domain::status::Status;
use forewarm_domain::task::{ImageTarget, Proof, Report, Target, Task};
use sqlx::types::Json;

use super::{Tasks, urls};
use crate::executions::TASKS_PER_MARK;
use crate::{Keyring, StoreError};

/// The columns that make a target.
pub(super) struct TargetColumns {
    pub registry_id: Option<i64>,
    pub repository: String,
    pub digest: String,
    pub media_type: String,
    pub platform: Option<String>,
    pub tags: Vec<String>,
    pub artifact_digest: String,
    pub urls: Vec<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: i64,
    execution_id: i64,
    instance: String,
    vendor: String,
    registry_id: Option<i64>,
    repository: String,
    digest: String,
    media_type: String,
    platform: Option<String>,
    tags: Vec<String>,
    artifact_digest: String,
    urls: Vec<String>,
    status: String,
    message: String,
    proof: Option<String>,
    attempt: i32,
    max_attempts: i32,
    engine_job: Option<String>,
    report: Option<Json<Report>>,
    due_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl Tasks<'_> {
    pub async fn get(&self, id: i64) -> Result<Option<Task>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, execution_id, instance, vendor, registry_id, repository, digest, media_type, platform, tags,
                      artifact_digest, urls, status, message, proof, attempt, max_attempts, engine_job,
                      report AS "report: Json<Report>", due_at, created_at, started_at, ended_at
               FROM tasks WHERE id = $1"#,
            id
        )
        .fetch_optional(&self.store.pool)
        .await?;
        row.map(|row| row.into_task(&self.store.keys)).transpose()
    }

    /// One page of an execution's tasks in the order in which they were found, and how many there are in all.
    pub async fn list(
        &self,
        execution_id: i64,
        status: Option<Status>,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Task>, i64), StoreError> {
        let status = status.map(Status::as_str);
        let total = self.count(execution_id, status).await?;
        if offset >= total {
            return Ok((Vec::new(), total));
        }
        let mark = if status.is_none() { self.mark(execution_id, offset).await? } else { None };
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id, execution_id, instance, vendor, registry_id, repository, digest, media_type, platform, tags,
                      artifact_digest, urls, status, message, proof, attempt, max_attempts, engine_job,
                      report AS "report: Json<Report>", due_at, created_at, started_at, ended_at
               FROM tasks
               WHERE id IN (
                   SELECT id FROM tasks WHERE execution_id = $1 AND id >= $5 AND ($2::text IS NULL OR status = $2)
                   ORDER BY id LIMIT $3 OFFSET $4)
               ORDER BY id"#,
            execution_id,
            status,
            limit,
            mark.map_or(offset, |_| offset % TASKS_PER_MARK),
            mark.unwrap_or(0),
        )
        .fetch_all(&self.store.pool)
        .await?;
        let tasks = rows.into_iter().map(|row| row.into_task(&self.store.keys)).collect::<Result<_, _>>()?;
        Ok((tasks, total))
    }

    /// An execution that has ended knows its counts; a hundred thousand rows are counted only while it runs.
    async fn count(&self, execution_id: i64, status: Option<&str>) -> Result<i64, StoreError> {
        let count = sqlx::query_scalar!(
            r#"SELECT coalesce(
                   (SELECT sum(counted.value::bigint)::bigint
                    FROM executions e CROSS JOIN LATERAL jsonb_each_text(e.final_counts) AS counted
                    WHERE e.id = $1 AND ($2::text IS NULL OR counted.key = $2)),
                   (SELECT count(*) FROM tasks WHERE execution_id = $1 AND ($2::text IS NULL OR status = $2))
               ) AS "count!""#,
            execution_id,
            status
        );
        Ok(count.fetch_one(&self.store.pool).await?)
    }

    /// The last marked task at or before the one at `offset`; None = the execution has not ended, and more may come.
    async fn mark(&self, execution_id: i64, offset: i64) -> Result<Option<i64>, StoreError> {
        let mark = sqlx::query_scalar!(
            "SELECT page_marks[$2::integer] FROM executions WHERE id = $1 AND final_counts IS NOT NULL",
            execution_id,
            i32::try_from(offset / TASKS_PER_MARK + 1).unwrap_or(i32::MAX),
        );
        Ok(mark.fetch_optional(&self.store.pool).await?.flatten())
    }
}

/// Also says why, if it cannot be used: an address of a file cannot be opened.
pub(super) fn read_target(
    keys: &Keyring,
    id: i64,
    columns: TargetColumns,
) -> Result<(Target, Option<String>), StoreError> {
    if columns.digest.is_empty() {
        let (urls, locked) = urls::read(keys, id, &columns.urls)?;
        return Ok((Target::Files { urls }, locked));
    }
    Ok((Target::Image(read_image(id, columns)?), None))
}

fn read_image(id: i64, columns: TargetColumns) -> Result<ImageTarget, StoreError> {
    let corrupt = |column, reason: String| StoreError::Corrupt { table: "task", id, column, reason };
    let digest = |text: &str, column| Digest::parse(text).map_err(|error| corrupt(column, error.reason));
    let platform = columns.platform.map(|platform| platform.parse::<Platform>()).transpose();
    Ok(ImageTarget {
        registry_id: columns.registry_id,
        digest: digest(&columns.digest, "digest")?,
        artifact_digest: digest(&columns.artifact_digest, "artifact_digest")?,
        repository: columns.repository,
        media_type: columns.media_type,
        platform: platform.map_err(|error| corrupt("platform", error.reason))?,
        tags: columns.tags,
    })
}

impl Row {
    pub(super) fn into_task(self, keys: &Keyring) -> Result<Task, StoreError> {
        let row = self;
        let id = row.id;
        let corrupt = |error: Invalid| StoreError::Corrupt {
            table: "task",
            id,
            column: "status",
            reason: error.reason,
        };
        let target = TargetColumns {
            registry_id: row.registry_id,
            repository: row.repository,
            digest: row.digest,
            media_type: row.media_type,
            platform: row.platform,
            tags: row.tags,
            artifact_digest: row.artifact_digest,
            urls: row.urls,
        };
        Ok(Task {
            id,
            execution_id: row.execution_id,
            instance: row.instance,
            vendor: row.vendor,
            target: read_target(keys, id, target)?.0,
            status: row.status.parse().map_err(corrupt)?,
            message: row.message,
            proof: row.proof.as_deref().and_then(Proof::from_word),
            attempt: row.attempt,
            max_attempts: row.max_attempts,
            engine_job: row.engine_job,
            report: row.report.map(|report| report.0),
            due_at: row.due_at,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
        })
    }
}
