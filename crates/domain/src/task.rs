//! Tasks: one manifest, or one set of file URLs, on one instance.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::artifact::Blob;
use crate::digest::Digest;
use crate::platform::Platform;
use crate::status::Status;

/// What a task warms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    Image(ImageTarget),
    Files { urls: Vec<Url> },
}

/// One image manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImageTarget {
    /// None when the registry was deleted meanwhile.
    pub registry_id: Option<i64>,
    /// Full repository name.
    pub repository: String,
    /// The manifest that is warmed.
    pub digest: Digest,
    pub media_type: String,
    pub platform: Option<Platform>,
    /// All tags of the artifact that the filters let through.
    pub tags: Vec<String>,
    /// What the tags name: the manifest itself, or the index that holds it.
    pub artifact_digest: Digest,
}

/// How far it is proven that the target is warm (levels 1 to 3; level 4 needs a look from a node).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Proof {
    /// The engine took the request; that is all it can say.
    Submitted,
    /// The engine reports the end, and success.
    Reported,
    /// Each expected blob is confirmed to be in the cache.
    BlobsPresent,
}

impl Proof {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Submitted => "submitted",
            Self::Reported => "reported",
            Self::BlobsPresent => "blobs_present",
        }
    }

    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Submitted, Self::Reported, Self::BlobsPresent].into_iter().find(|proof| proof.as_str() == word)
    }
}

/// What the engine did, as far as it tells; kept with the task.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// Blobs (or file URLs) that must be there.
    pub expected: u32,
    /// How many of those the engine confirmed.
    pub confirmed: u32,
    /// Bytes of the expected blobs; 0 where unknown.
    pub bytes: u64,
    /// URL or digest of each expected blob that nobody confirmed, [`MAX_LISTED`] at most.
    pub missing: Vec<String>,
    /// Single failures, [`MAX_LISTED`] at most.
    pub failures: Vec<PeerFailure>,
    /// All failures, listed or not.
    pub failure_count: u32,
    /// Peers that confirmed at least one blob.
    pub peers: Vec<String>,
}

/// The most entries kept of a list in a [`Report`].
pub const MAX_LISTED: usize = 100;

/// One blob that one peer could not get.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerFailure {
    pub url: String,
    pub peer: String,
    pub description: String,
}

/// One task as users see it.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    pub id: i64,
    pub execution_id: i64,
    /// Name of its instance.
    pub instance: String,
    pub vendor: String,
    pub target: Target,
    pub status: Status,
    /// What a person should know about it, in one line.
    pub message: String,
    /// Set on success.
    pub proof: Option<Proof>,
    pub attempt: i32,
    pub max_attempts: i32,
    /// The engine's own name for its job.
    pub engine_job: Option<String>,
    pub report: Option<Report>,
    /// When the next look at it is due.
    pub due_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// The config and layers of a manifest, in order and without repeats: what an engine must end up holding.
pub type Blobs = Vec<Blob>;
