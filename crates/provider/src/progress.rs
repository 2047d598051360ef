//! How far an engine is with a task.

use std::time::Duration;

use forewarm_domain::task::{Proof, Report};

/// An engine's answer, in our words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The engine's name for its job; None for engines that have none.
    pub engine_job: Option<String>,
    pub outcome: Outcome,
    pub report: Report,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Not done: look again after this time.
    Running { check_in: Duration, message: String },
    /// Done, and proven as far as `proof`. The message names what is worth knowing (warnings, peers that failed).
    Success { proof: Proof, message: String },
    /// Failed for good in this attempt. `retry` = a new attempt may end better.
    Failed { message: String, retry: bool },
}
