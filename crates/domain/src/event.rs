//! Events: what happened to an artifact.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a policy can wait for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// A tag was pushed, or moved to another digest.
    Push,
    /// A vulnerability scan ended well.
    ScanCompleted,
    /// A label was put on an artifact.
    LabelAdded,
    /// A signature arrived beside an artifact.
    Signed,
}

impl EventKind {
    pub const ALL: [Self; 4] = [Self::Push, Self::ScanCompleted, Self::LabelAdded, Self::Signed];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::ScanCompleted => "scan_completed",
            Self::LabelAdded => "label_added",
            Self::Signed => "signed",
        }
    }
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.into_iter().find(|kind| kind.as_str() == word);
        known.ok_or_else(|| "must be one of push, scan_completed, label_added, signed".to_owned())
    }
}
