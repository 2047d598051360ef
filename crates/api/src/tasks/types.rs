//! Tasks, as users read them.

use chrono::{DateTime, Utc};
use forewarm_domain::task::{ImageTarget, PeerFailure, Report, Target, Task};
use forewarm_domain::url::shown;
use poem_openapi::{Object, Union};

use crate::executions::StatusWord;

/// One manifest, or one set of files, on one instance.
#[derive(Object)]
#[oai(rename = "Task", skip_serializing_if_is_none)]
pub struct View {
    id: i64,
    execution_id: i64,
    /// Name of the instance.
    instance: String,
    vendor: String,
    target: TargetView,
    status: StatusWord,
    /// What a person should know about it.
    message: String,
    /// How far it is proven to be warm, on success: `submitted` (the engine took it), `reported` (the engine says so),
    /// `blobs_present` (each blob is confirmed).
    proof: Option<String>,
    attempt: i64,
    max_attempts: i64,
    /// The engine's own name for its job.
    engine_job: Option<String>,
    report: Option<ReportView>,
    /// When the next look at it is due.
    due_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

/// What is warmed.
#[derive(Union)]
#[oai(rename = "Target", one_of = true, discriminator_name = "type", rename_all = "snake_case")]
enum TargetView {
    Image(ImageTargetView),
    File(FileTargetView),
}

/// One image manifest.
#[derive(Object)]
#[oai(rename = "ImageTarget", skip_serializing_if_is_none)]
struct ImageTargetView {
    repository: String,
    /// The manifest that is warmed.
    digest: String,
    media_type: String,
    /// Like linux/arm64; absent where nothing tells.
    platform: Option<String>,
    /// Tags of the artifact that led to it.
    tags: Vec<String>,
    /// What the tags name: the manifest itself, or the index that holds it.
    artifact_digest: String,
}

/// Files by URL.
#[derive(Object)]
#[oai(rename = "FileTarget")]
struct FileTargetView {
    /// Without their queries, which may be permissions: `?…` stands for one.
    urls: Vec<String>,
}

/// What the engine did, as far as it tells.
#[derive(Object)]
#[oai(rename = "Report")]
struct ReportView {
    /// Blobs or files that must be there.
    expected: i64,
    /// How many of those the engine confirmed.
    confirmed: i64,
    /// Bytes of the expected blobs; 0 where unknown.
    bytes: i64,
    /// Expected ones that nobody confirmed, 100 at most.
    missing: Vec<String>,
    /// Single failures, 100 at most.
    failures: Vec<PeerFailureView>,
    /// All failures, listed or not.
    failure_count: i64,
    /// Peers that confirmed at least one.
    peers: Vec<String>,
}

/// One blob that one peer could not get.
#[derive(Object)]
#[oai(rename = "PeerFailure")]
struct PeerFailureView {
    url: String,
    peer: String,
    description: String,
}

impl From<Task> for View {
    fn from(task: Task) -> Self {
        Self {
            id: task.id,
            execution_id: task.execution_id,
            instance: task.instance,
            vendor: task.vendor,
            target: task.target.into(),
            status: task.status.into(),
            message: task.message,
            proof: task.proof.map(|proof| proof.as_str().to_owned()),
            attempt: task.attempt.into(),
            max_attempts: task.max_attempts.into(),
            engine_job: task.engine_job,
            report: task.report.map(ReportView::from),
            due_at: task.due_at,
            created_at: task.created_at,
            started_at: task.started_at,
            ended_at: task.ended_at,
        }
    }
}

impl From<Target> for TargetView {
    fn from(target: Target) -> Self {
        match target {
            Target::Image(image) => Self::Image(image.into()),
            Target::Files { urls } => Self::File(FileTargetView { urls: urls.iter().map(shown).collect() }),
        }
    }
}

impl From<ImageTarget> for ImageTargetView {
    fn from(image: ImageTarget) -> Self {
        Self {
            repository: image.repository,
            digest: image.digest.to_string(),
            media_type: image.media_type,
            platform: image.platform.map(|platform| platform.to_string()),
            tags: image.tags,
            artifact_digest: image.artifact_digest.to_string(),
        }
    }
}

impl From<Report> for ReportView {
    fn from(report: Report) -> Self {
        Self {
            expected: report.expected.into(),
            confirmed: report.confirmed.into(),
            bytes: i64::try_from(report.bytes).unwrap_or(i64::MAX),
            missing: report.missing,
            failures: report.failures.into_iter().map(PeerFailureView::from).collect(),
            failure_count: report.failure_count.into(),
            peers: report.peers,
        }
    }
}

impl From<PeerFailure> for PeerFailureView {
    fn from(failure: PeerFailure) -> Self {
        Self { url: failure.url, peer: failure.peer, description: failure.description }
    }
}
