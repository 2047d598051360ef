//! How bad a vulnerability is, and what a scan found.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Harbor's scale, mildest first: its codes 0 to 5 (Harbor 2.16, `vuln.Severity`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// No vulnerability, or one whose severity nobody knows.
    None,
    Negligible,
    Low,
    Medium,
    High,
    Critical,
}

/// What is known of an artifact's vulnerabilities.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scan {
    /// There is no finished report; why, in a few words.
    Unscanned(String),
    /// The worst vulnerability that the report names and the registry's allowlist leaves.
    Worst(Severity),
}

impl Severity {
    pub const ALL: [Self; 6] =
        [Self::None, Self::Negligible, Self::Low, Self::Medium, Self::High, Self::Critical];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Negligible => "negligible",
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
            Self::Critical => "critical",
        }
    }

    /// Harbor's number for it, 0 to 5 (Harbor 2.16, `vuln.Severity`).
    pub fn code(self) -> u8 {
        match self {
            Self::None => 0,
            Self::Negligible => 1,
            Self::Low => 2,
            Self::Medium => 3,
            Self::High => 4,
            Self::Critical => 5,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Severity {
    type Err = String;

    /// Takes any case, and `unknown` for none, as scanners write it.
    fn from_str(word: &str) -> Result<Self, String> {
        let lower = word.to_ascii_lowercase();
        let known = Self::ALL.into_iter().find(|severity| severity.as_str() == lower);
        match known {
            Some(severity) => Ok(severity),
            None if lower == "unknown" => Ok(Self::None),
            None => Err("must be one of none, negligible, low, medium, high, critical".to_owned()),
        }
    }
}
