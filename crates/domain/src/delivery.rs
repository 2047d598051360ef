//! Deliveries: what a registry told us, or we saw ourselves, and what became of it.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The format of what we saw ourselves when we looked at a registry.
pub const WATCH: &str = "watch";

/// One request of a sender, or one look of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    pub id: i64,
    /// Id of a format of the registry crate's list, or [`WATCH`].
    pub format: String,
    /// What a person should know about it; mostly empty.
    pub note: String,
    pub received_at: DateTime<Utc>,
    /// How many notices it had; `notices` may hold only the first of them.
    pub total: i64,
    pub notices: Vec<Received>,
}

/// One notice of a delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The artifact, or what kind of event it was.
    pub about: String,
    pub fate: Fate,
    /// Why it was ignored, or what it turned out to be.
    pub reason: String,
    /// A word of `EventKind`; None for what was ignored.
    pub kind: Option<String>,
    pub occurred_at: Option<DateTime<Utc>>,
    /// What it became part of, unless that was long ago.
    pub event: Option<Event>,
}

/// What became of a notice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Accepted,
    /// The same was told before.
    Duplicate,
    Ignored,
}

/// What happened to one artifact within a few seconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    pub id: i64,
    pub repository: String,
    pub tags: Vec<String>,
    /// Words of `EventKind`.
    pub kinds: Vec<String>,
    /// `pending`, `running`, `done` or `error`.
    pub status: String,
    /// What came of it, in one line.
    pub message: String,
    pub ended_at: Option<DateTime<Utc>>,
    pub outcome: Outcome,
}

/// What an event means to each policy that waits for such events.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Outcome {
    /// How many policies there are; `policies` may hold only the first of them.
    pub total: i64,
    /// How many of them run because of it.
    pub started: i64,
    pub policies: Vec<Verdict>,
}

/// What an event means to one policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    pub project: String,
    pub policy: String,
    /// The execution that it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub execution_id: Option<i64>,
    /// Why it started none, or one that ended at once.
    #[serde(default)]
    pub reason: String,
}

impl Fate {
    pub const ALL: [Self; 3] = [Self::Accepted, Self::Duplicate, Self::Ignored];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Duplicate => "duplicate",
            Self::Ignored => "ignored",
        }
    }
}

impl fmt::Display for Fate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Fate {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|fate| fate.as_str() == word);
        known.ok_or_else(|| format!("'{word}' is not accepted, duplicate or ignored"))
    }
}
