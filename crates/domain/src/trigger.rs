//! What starts an execution.

use serde::{Deserialize, Serialize};

/// When a policy runs.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trigger {
    /// Only when a person or a program asks for it.
    #[default]
    Manual,
}

impl Trigger {
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
        }
    }
}
