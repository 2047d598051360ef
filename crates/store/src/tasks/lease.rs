//! Leases: who is working on a task. Every write to a task that is being worked on names its lease, so that a process
//! that was frozen, and wakes up after another took over, changes nothing.

use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::artifact::Blob;
use forewarm_domain::job::Turn;
use forewarm_domain::task::Target;
use sqlx::types::Json;
use uuid::Uuid;

use super::Tasks;
use super::read::{TargetColumns, read_target};
use crate::{Keyring, StoreError};

/// The right to work on one task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub task_id: i64,
    pub execution_id: i64,
    pub token: Uuid,
    /// For the lines of its log.
    pub attempt: i32,
}

/// How much longer than the engine may take we wait for it to say so: Dragonfly shows the end of a job up to five
/// minutes late (2.3.1 and later).
const DEADLINE_GRACE_SECONDS: i32 = 300;

/// What the next step of a task is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Submit,
    Check,
}

impl Stage {
    /// The word for it in the table.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Submit => "submit",
            Self::Check => "check",
        }
    }

    /// The table allows no other words.
    pub(crate) fn from_word(word: &str) -> Self {
        if word == "check" { Self::Check } else { Self::Submit }
    }
}

/// A task in our hands, with what a step needs to know.
#[derive(Debug, Clone)]
pub struct Assignment {
    pub lease: Lease,
    pub stage: Stage,
    pub target: Target,
    /// Why the target cannot be used: an address of a file cannot be opened.
    pub locked: Option<String>,
    /// None when the instance was deleted meanwhile.
    pub instance_id: Option<i64>,
    /// Its instance is disabled now.
    pub is_disabled: bool,
    pub max_attempts: i32,
    /// The engine may have been asked already without our knowing: look before asking.
    pub asked: bool,
    /// How often that happened.
    pub interruptions: i32,
    pub engine_job: Option<String>,
    pub blobs: Option<Vec<Blob>>,
    pub submitted_at: Option<DateTime<Utc>>,
    /// When its first step began.
    pub started_at: DateTime<Utc>,
    pub deadline: DateTime<Utc>,
    /// Now, by the clock of the rows.
    pub now: DateTime<Utc>,
}

impl Tasks<'_> {
    /// Takes the leases of tasks for one step each. Left out are those with which there is nothing to do: the ticket is
    /// stale, the task is finished or stopped, or another process has it.
    ///
    /// Submitting is counted, and marked as asked, before the engine is: a task that kills its process is known by it.
    pub async fn begin(&self, turns: &[Turn], lease: Duration) -> Result<Vec<Assignment>, StoreError> {
        let ids: Vec<i64> = turns.iter().map(|turn| turn.task_id).collect();
        let seqs: Vec<i64> = turns.iter().map(|turn| turn.seq).collect();
        let token = Uuid::new_v4();
        // What they were before is read without a lock: whoever changes that takes the lease or moves seq on, too, and
        // then the condition on the row itself fails.
        let rows = sqlx::query_as!(
            Row,
            r#"UPDATE tasks t
               SET status = 'running', lease_token = $3, asked = found.asked OR found.stage = 'submit',
                   attempt = t.attempt + CASE WHEN found.stage = 'submit' AND NOT found.asked THEN 1 ELSE 0 END,
                   interruptions = t.interruptions + CASE WHEN found.asked THEN 1 ELSE 0 END,
                   started_at = coalesce(t.started_at, $4, now()),
                   deadline = coalesce(t.deadline, coalesce($4, now()) + make_interval(secs => t.timeout_seconds + $6)),
                   due_at = coalesce($4, now()) + make_interval(secs => $5)
               FROM unnest($1::bigint[], $2::bigint[]) AS turn (task_id, seq)
               JOIN tasks found ON found.id = turn.task_id
               WHERE t.id = turn.task_id AND t.seq = turn.seq AND t.status IN ('pending', 'running')
                 AND (t.lease_token IS NULL OR t.due_at < coalesce($4, now()))
               RETURNING t.id, t.execution_id, t.instance_id, found.stage, found.asked, t.attempt, t.max_attempts,
                   t.interruptions, t.engine_job, t.blobs AS "blobs: Json<Vec<Blob>>", t.submitted_at,
                   t.started_at AS "started_at!", t.deadline AS "deadline!", coalesce($4, now()) AS "now!", t.registry_id, t.repository, t.digest,
                   t.media_type, t.platform, t.tags, t.artifact_digest, t.urls,
                   EXISTS (SELECT 1 FROM instances i WHERE i.id = t.instance_id AND NOT i.enabled) AS "is_disabled!""#,
            &ids,
            &seqs,
            token,
            self.store.clock.bind(),
            lease.as_secs_f64(),
            DEADLINE_GRACE_SECONDS,
        )
        .fetch_all(&self.store.pool)
        .await?;
        rows.into_iter().map(|row| row.into_assignment(&self.store.keys, token)).collect()
    }
}

struct Row {
    id: i64,
    execution_id: i64,
    instance_id: Option<i64>,
    stage: String,
    asked: bool,
    attempt: i32,
    max_attempts: i32,
    interruptions: i32,
    engine_job: Option<String>,
    blobs: Option<Json<Vec<Blob>>>,
    submitted_at: Option<DateTime<Utc>>,
    started_at: DateTime<Utc>,
    deadline: DateTime<Utc>,
    now: DateTime<Utc>,
    registry_id: Option<i64>,
    repository: String,
    digest: String,
    media_type: String,
    platform: Option<String>,
    tags: Vec<String>,
    artifact_digest: String,
    urls: Vec<String>,
    is_disabled: bool,
}

impl Row {
    fn into_assignment(self, keys: &Keyring, token: Uuid) -> Result<Assignment, StoreError> {
        let row = self;
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
        let (target, locked) = read_target(keys, row.id, target)?;
        Ok(Assignment {
            lease: Lease { task_id: row.id, execution_id: row.execution_id, token, attempt: row.attempt },
            stage: Stage::from_word(&row.stage),
            target,
            locked,
            instance_id: row.instance_id,
            is_disabled: row.is_disabled,
            max_attempts: row.max_attempts,
            asked: row.asked,
            interruptions: row.interruptions,
            engine_job: row.engine_job,
            blobs: row.blobs.map(|blobs| blobs.0),
            submitted_at: row.submitted_at,
            started_at: row.started_at,
            deadline: row.deadline,
            now: row.now,
        })
    }
}
