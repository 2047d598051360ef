//! What a project demands of every artifact, whatever its policies say.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::severity::Severity;

/// Demands beside the filters of a policy; the stricter of all counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Criteria {
    /// Only artifacts that have a signature.
    pub signed_only: bool,
    /// Artifacts with a vulnerability of this severity or above are out, and those that were not scanned.
    pub max_severity: Option<Severity>,
}

/// The criteria of a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectCriteria {
    #[serde(flatten)]
    pub own: Criteria,
    /// Demand also what the registry itself demands of pulls (Harbor: content trust, prevent vulnerable).
    pub follow_registry: bool,
}

impl Default for ProjectCriteria {
    fn default() -> Self {
        Self { own: Criteria::default(), follow_registry: true }
    }
}

/// Who demands something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Policy,
    Project,
    /// The registry's own project, for example Harbor's.
    Registry,
}

impl Source {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Project => "project",
            Self::Registry => "registry",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A demand and who makes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand<T> {
    pub value: T,
    pub source: Source,
}
