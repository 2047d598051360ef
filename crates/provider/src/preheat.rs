//! What an engine is asked for.

use std::time::Duration;

use chrono::{DateTime, Utc};
use forewarm_domain::Secret;
use forewarm_domain::artifact::Blob;
use forewarm_domain::digest::Digest;
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::platform::Platform;
use url::Url;

/// One task, with everything that an engine needs to know of it.
#[derive(Debug, Clone)]
pub struct Preheat {
    pub task_id: i64,
    pub execution_id: i64,
    /// Which attempt this is, from 1; an interrupted one keeps its number.
    pub attempt: i32,
    pub subject: Subject,
    pub options: PreheatOptions,
    /// What the user gave for the origin; wins over `access`.
    pub origin: OriginAccess,
    /// Now, on the clock that deadlines are measured with.
    pub now: DateTime<Utc>,
    /// When the engine was first asked in this attempt; None before.
    pub submitted_at: Option<DateTime<Utc>>,
    /// When the task fails whatever its engine says; None where no time is set.
    pub deadline: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone)]
pub enum Subject {
    Image(ImagePreheat),
    Files { urls: Vec<Url> },
}

#[derive(Debug, Clone)]
pub struct ImagePreheat {
    /// The registry's own address.
    pub registry_url: Url,
    /// Full repository name.
    pub repository: String,
    pub digest: Digest,
    pub media_type: String,
    pub platform: Option<Platform>,
    /// Tags of the artifact, for engines that know only tags.
    pub tags: Vec<String>,
    /// Digest that the tags name; differs from `digest` for a child of an index.
    pub artifact_digest: Digest,
    /// Config and layers: what must be warm in the end.
    pub blobs: Vec<Blob>,
    /// Value of an `Authorization` header for the registry; None where nobody needs one.
    pub access: Option<Secret>,
}

impl Preheat {
    /// Time since the engine was first asked in this attempt, on our clock: the engine's may differ.
    pub fn elapsed(&self) -> Duration {
        self.submitted_at.and_then(|at| (self.now - at).to_std().ok()).unwrap_or_default()
    }

    /// How long this attempt may take: what the options say, and not beyond the task's end.
    pub fn time_limit(&self) -> Duration {
        let limit = Duration::from_secs(self.options.timeout_seconds().into());
        match self.deadline {
            Some(deadline) => limit.min((deadline - self.now).to_std().unwrap_or_default()),
            None => limit,
        }
    }

    /// The mark by which the job of this attempt is found again at an engine: the only text of ours that it gives back.
    pub fn mark(&self) -> String {
        format!("forewarm execution={} task={} attempt={}", self.execution_id, self.task_id, self.attempt)
    }
}
