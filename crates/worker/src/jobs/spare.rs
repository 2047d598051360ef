//! When a task need not be handed to its engine: the instance is disabled, or the manifest is warm or about to be.

use std::time::Duration;

use forewarm_domain::artifact::Blob;
use forewarm_domain::instance::disabled;
use forewarm_domain::task_log::TaskLog;
use forewarm_store::StoreError;
use forewarm_store::tasks::{Assignment, Claim, Step};
use forewarm_store::warm::Standing;

use crate::connections::{ConnectedInstance, Plan};
use crate::context::Context;

/// How long to wait before looking whether another task has done it. Engines take minutes.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

/// The end of a task that is not needed, looked for before anything is read. A question that may be open is followed
/// up first, whatever else has changed.
pub(super) async fn unneeded(
    context: &Context,
    task: &Assignment,
    instance: &ConnectedInstance,
    plan: &Plan,
    log: &TaskLog,
) -> Result<Option<Step>, StoreError> {
    if task.asked && task.submitted_at.is_some() {
        return Ok(None);
    }
    if task.is_disabled {
        return Ok(Some(stopped(task, instance, log)));
    }
    if task.asked || !plan.spec.skip_if_warm {
        return Ok(None);
    }
    let standing = context.store.warm().standing(task.lease.task_id, instance.fresh_for).await?;
    Ok(spared(standing, log))
}

/// Notes that the engine is about to be asked. Some = it must not be, and that is how the step ends.
pub(super) async fn claim(
    context: &Context,
    task: &Assignment,
    instance: &ConnectedInstance,
    plan: &Plan,
    blobs: &[Blob],
    log: &TaskLog,
) -> Result<Option<Step>, StoreError> {
    if task.is_disabled {
        return Ok(Some(stopped(task, instance, log)));
    }
    let tasks = context.store.tasks();
    let claim = if plan.spec.skip_if_warm && !task.asked {
        tasks.claim(task.lease, blobs, instance.fresh_for).await?
    } else if tasks.note_submission(task.lease, blobs).await? {
        Claim::Mine
    } else {
        Claim::Lost
    };
    Ok(match claim {
        Claim::Mine => None,
        Claim::Spared(standing) => spared(standing, log),
        // The record that follows is refused for the same reason.
        Claim::Lost => Some(Step::Interrupted),
    })
}

fn spared(standing: Standing, log: &TaskLog) -> Option<Step> {
    match standing {
        Standing::Warm(warmth) => {
            log.info(warmth.message());
            Some(Step::AlreadyWarm { proof: warmth.proof, message: warmth.message() })
        }
        Standing::InHand { task_id, execution_id } => Some(Step::Waiting {
            wait: LOOK_AGAIN,
            message: format!(
                "waiting for task {task_id} of execution {execution_id}, which preheats the same"
            ),
        }),
        Standing::Cold => None,
    }
}

fn stopped(task: &Assignment, instance: &ConnectedInstance, log: &TaskLog) -> Step {
    let message = disabled(&instance.instance.name);
    log.warning(message.clone());
    Step::Stopped { message, uncounted: !task.asked }
}
