//! What starts an execution.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::Invalid;
use crate::cron::Cron;
use crate::event::EventKind;

/// When a policy runs. Every policy also runs when somebody asks for it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Trigger {
    /// Only when a person or a program asks for it.
    #[default]
    Manual,
    /// At the times of a cron expression.
    Schedule(Schedule),
    /// When something happens to an artifact that it is about.
    Event { events: Vec<EventKind> },
}

/// The times of a policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schedule {
    /// 5 or 6 fields, or `@daily` and the like.
    pub cron: String,
    /// IANA name; None = UTC, or what a prefix of the expression says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time_zone: Option<String>,
    #[serde(default)]
    pub missed: Missed,
}

impl Schedule {
    pub fn cron(&self) -> Result<Cron, Invalid> {
        Cron::parse(&self.cron, self.time_zone.as_deref())
    }
}

/// What becomes of times at which nobody was there to start it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// One run makes up for all of them.
    #[default]
    Run,
    /// They are skipped.
    Skip,
}

/// What started an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Start {
    Manual,
    Schedule,
    Event,
}

impl Start {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Schedule => "schedule",
            Self::Event => "event",
        }
    }
}

impl Trigger {
    /// When it starts an execution next by itself, after this time; None = never.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        match self {
            Self::Schedule(schedule) => schedule.cron().ok()?.next_after(after),
            Self::Manual | Self::Event { .. } => None,
        }
    }

    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Schedule(_) => "schedule",
            Self::Event { .. } => "event",
        }
    }
}
