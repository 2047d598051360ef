//! Warmth: what was proven to be in an engine's cache, and for how long that can be relied on.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::task::Proof;

/// A proof that a manifest is warm on an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warmth {
    /// `Reported` or `BlobsPresent`: a request that was only taken proves nothing.
    pub proof: Proof,
    /// Since when, without a gap longer than what can be relied on.
    pub since: DateTime<Utc>,
    /// When it was proven last.
    pub proven_at: DateTime<Utc>,
    /// Which execution proved it; None when its record is gone.
    pub execution_id: Option<i64>,
}

impl Warmth {
    /// Why the engine is not asked again.
    pub fn message(&self) -> String {
        let since = self.since.to_rfc3339_opts(SecondsFormat::Secs, true);
        let how = match self.proof {
            Proof::BlobsPresent => "every blob present",
            Proof::Reported => "reported by the engine",
            Proof::Submitted => "only submitted",
        };
        let by = self.execution_id.map_or_else(
            || "by an execution whose record is gone".to_owned(),
            |id| format!("by execution {id}"),
        );
        format!("already warm since {since}, proven ({how}) {by}")
    }
}
