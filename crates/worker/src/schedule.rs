//! Starts the executions of policies whose schedule is due.

use std::time::Duration;

use forewarm_store::schedules::{Fired, Outcome};

use crate::context::Context;

/// How often somebody looks; a time of a schedule is late by this much at most.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);

/// One round: everything that is due now. Any number of processes do this at one time.
pub(crate) async fn fire(context: &Context) {
    // Those that cannot be started now must not keep the others waiting.
    let mut failed = Vec::new();
    loop {
        match context.store.schedules().fire_next(&failed).await {
            Ok(Some(fired)) => {
                tell(&fired);
                if matches!(fired.outcome, Outcome::Failed(_)) {
                    failed.push(fired.policy_id);
                }
            }
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "due schedules could not be looked for; trying again in a second");
                return;
            }
        }
    }
}

fn tell(fired: &Fired) {
    let (policy_id, due) = (fired.policy_id, fired.due);
    match &fired.outcome {
        Outcome::Started { execution_id, missed: None } => {
            tracing::info!(policy_id, execution_id, %due, "a schedule started an execution");
        }
        Outcome::Started { execution_id, missed: Some(missed) } => {
            tracing::warn!(policy_id, execution_id, %missed, "an execution makes up for missed times of a schedule");
        }
        Outcome::Skipped(missed) => {
            tracing::info!(policy_id, %missed, "missed times of a schedule are skipped")
        }
        Outcome::Unreadable(reason) => {
            tracing::error!(policy_id, reason, "a policy does not run by schedule any more; store it again");
        }
        Outcome::Failed(error) => {
            tracing::warn!(policy_id, %due, %error, "a schedule could not start an execution; trying again in a second");
        }
    }
}
