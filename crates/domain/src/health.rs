//! Health: what the last look at an engine or a registry found.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::task_log::printable;

/// The longest run of letters and digits that says what kind of trouble it is, like `503`; a longer one with a digit
/// in it is a number of a request, a time and the like.
const MAX_TELLING: usize = 3;

/// The outcome of a look at an engine or a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub healthy: bool,
    /// Why it is not healthy, or what answered, in one line.
    pub reason: String,
    pub latency_ms: i64,
    pub checked_at: DateTime<Utc>,
}

impl Health {
    /// What a look found: `answer` is what answered, or why it is not healthy.
    pub fn found(answer: Result<String, String>, latency: Duration, checked_at: DateTime<Utc>) -> Self {
        let healthy = answer.is_ok();
        let (Ok(reason) | Err(reason)) = answer;
        Self {
            healthy,
            reason: printable(&reason),
            latency_ms: i64::try_from(latency.as_millis()).unwrap_or(i64::MAX),
            checked_at,
        }
    }

    /// Whether it is the same state for the same kind of reason: a number of a request in the text makes no change.
    pub fn is_like(&self, healthy: bool, reason: &str) -> bool {
        self.healthy == healthy && kind(&self.reason) == kind(reason)
    }
}

/// A reason without what differs from look to look.
fn kind(reason: &str) -> Vec<&str> {
    let runs = reason.split(|c: char| !c.is_alphanumeric());
    runs.filter(|run| run.len() <= MAX_TELLING || !run.contains(|c: char| c.is_ascii_digit())).collect()
}
