//! How steps of tasks end, and what of that goes into their rows.

use std::time::Duration;

use forewarm_domain::task::{Proof, Report};

use super::Stage;

/// How a step ended.
#[derive(Debug, Clone)]
pub enum Step {
    /// The engine is at it: look again after `check_in`.
    Running { engine_job: Option<String>, check_in: Duration, message: String, report: Report },
    /// Warm, proven as far as `proof`.
    /// `fresh_for` = for how long that can be relied on.
    Success { engine_job: Option<String>, proof: Proof, message: String, report: Report, fresh_for: Duration },
    /// Nothing to do: it was proven warm already, as far as `proof`. Proves nothing anew.
    AlreadyWarm { proof: Proof, message: String },
    /// Not begun yet, because something else must come first: the same step again after `wait`.
    Waiting { wait: Duration, message: String },
    /// This attempt failed: submit again after `wait`. `asked` = nobody knows whether the engine took it.
    Retry { wait: Duration, asked: bool, message: String },
    /// Nobody knows whether the engine took it, and it could not be asked: look for the job again after `wait`. Such a look
    /// does not count as broken off.
    SearchAgain { wait: Duration, message: String },
    /// The engine had no room for it: submit again after `wait`. `uncounted` = this attempt was counted at its begin,
    /// and shall not be.
    Busy { wait: Duration, message: String, uncounted: bool },
    /// The engine could not be asked how it is going: ask again after `wait`.
    CheckAgain { wait: Duration, message: String },
    /// Not to be done any more. `uncounted` = this attempt was counted at its begin, and shall not be.
    Stopped { message: String, uncounted: bool },
    /// Failed for good.
    Failed { message: String, report: Option<Report> },
    /// Not begun after all, for want of a free place: the same step again after `wait`, and this time does not count.
    /// `asked` = as it was before.
    GivenBack { wait: Duration, asked: bool },
    /// Broken off in the middle, because the process is stopping: the same step again at once.
    Interrupted,
}

/// What of a step goes into the row.
#[derive(Debug, Clone, Default)]
pub(super) struct Columns {
    pub status: &'static str,
    pub stage: &'static str,
    pub message: Option<String>,
    pub asked: bool,
    pub engine_job: Option<String>,
    pub proof: Option<Proof>,
    pub report: Option<Report>,
    /// Set for steps that are not the last: when the next is due.
    pub wait: Option<Duration>,
    /// An attempt that never reached the engine is not counted.
    pub uncounted: bool,
    /// A new attempt starts with nothing submitted.
    pub resubmit: bool,
    /// Nothing was done yet: its time does not run.
    pub unbegun: bool,
    /// The engine was not asked, since it was warm.
    pub already_warm: bool,
    /// Set for a proof: for how long it can be relied on.
    pub proves_for: Option<Duration>,
    /// The engine could not confirm what was proven before.
    pub casts_doubt: bool,
}

impl Columns {
    pub fn of(stage: Stage, step: Step) -> Self {
        match step {
            Step::Running { engine_job, check_in, message, report } => Self {
                status: "running",
                stage: "check",
                message: Some(message),
                engine_job,
                report: Some(report),
                wait: Some(check_in),
                ..Self::default()
            },
            Step::Success { engine_job, proof, message, report, fresh_for } => Self {
                status: "success",
                stage: "check",
                message: Some(message),
                engine_job,
                proof: Some(proof),
                report: Some(report),
                proves_for: Some(fresh_for),
                ..Self::default()
            },
            Step::AlreadyWarm { proof, message } => Self {
                status: "success",
                stage: "submit",
                message: Some(message),
                proof: Some(proof),
                already_warm: true,
                uncounted: true,
                ..Self::default()
            },
            Step::Waiting { wait, message } => Self {
                status: "pending",
                stage: "submit",
                message: Some(message),
                wait: Some(wait),
                uncounted: true,
                unbegun: true,
                ..Self::default()
            },
            Step::Stopped { message, uncounted } => Self {
                status: "stopped",
                stage: "submit",
                message: Some(message),
                uncounted,
                ..Self::default()
            },
            Step::Retry { wait, asked, message } => Self {
                status: "running",
                stage: "submit",
                message: Some(message),
                asked,
                wait: Some(wait),
                resubmit: !asked,
                ..Self::default()
            },
            Step::SearchAgain { wait, message } => Self {
                status: "running",
                stage: "submit",
                message: Some(message),
                asked: true,
                wait: Some(wait),
                uncounted: true,
                ..Self::default()
            },
            Step::Busy { wait, message, uncounted } => Self {
                status: "running",
                stage: "submit",
                message: Some(message),
                wait: Some(wait),
                uncounted,
                resubmit: true,
                ..Self::default()
            },
            Step::CheckAgain { wait, message } => Self {
                status: "running",
                stage: "check",
                message: Some(message),
                wait: Some(wait),
                ..Self::default()
            },
            Step::Failed { message, report } => {
                let casts_doubt = report.as_ref().is_some_and(|report| !report.missing.is_empty());
                let message = Some(message);
                Self { status: "error", stage: "check", message, report, casts_doubt, ..Self::default() }
            }
            Step::GivenBack { wait, asked } => Self {
                status: if stage == Stage::Submit && !asked { "pending" } else { "running" },
                unbegun: stage == Stage::Submit && !asked,
                asked,
                stage: stage.as_str(),
                wait: Some(wait),
                uncounted: stage == Stage::Submit,
                ..Self::default()
            },
            Step::Interrupted => Self {
                status: "running",
                asked: stage == Stage::Submit,
                stage: stage.as_str(),
                wait: Some(Duration::ZERO),
                ..Self::default()
            },
        }
    }
}
