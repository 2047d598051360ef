//! Asks engines how tasks are going.

use std::time::Duration;

use forewarm_domain::job::Turn;
use forewarm_domain::task::Target;
use forewarm_domain::task_log::TaskLog;
use forewarm_provider::{ImagePreheat, ProviderError, Subject};
use forewarm_store::StoreError;
use forewarm_store::tasks::{Assignment, Step};

use super::step;
use crate::context::Context;
use crate::running::Lane;

/// How long to wait when the engine could not be asked.
const CHECK_AGAIN: Duration = Duration::from_secs(15);

pub(crate) async fn run(context: &Context, turns: &[Turn]) -> Result<(), StoreError> {
    step::start(context, Lane::Check, turns, check).await
}

async fn check(context: Context, task: Assignment, log: TaskLog) -> Result<Step, StoreError> {
    let (instance, plan) = match step::ready(&context, &task, &log).await? {
        Ok(ready) => ready,
        Err(step) => return Ok(step),
    };
    let Some(subject) = subject(&context, &task).await? else {
        log.error("its registry was deleted");
        return Ok(Step::Failed { message: "its registry was deleted".to_owned(), report: None });
    };
    let preheat = step::preheat(&task, &plan, subject);
    let step = match instance.provider.progress(&preheat, task.engine_job.as_deref(), &log).await {
        Ok(progress) => step::step_of(&task, &instance, progress, &log),
        Err(error) => again_or_failed(&task, error, &log),
    };
    Ok(step::in_time(step, &task, &plan, &log))
}

/// What the engine must end up holding was noted at the submission; no registry is asked again.
async fn subject(context: &Context, task: &Assignment) -> Result<Option<Subject>, StoreError> {
    let image = match &task.target {
        Target::Files { urls } => return Ok(Some(Subject::Files { urls: urls.clone() })),
        Target::Image(image) => image.clone(),
    };
    let Some(id) = image.registry_id else {
        return Ok(None);
    };
    let Some(registry) = context.connections.registry(id).await? else {
        return Ok(None);
    };
    Ok(Some(Subject::Image(ImagePreheat {
        registry_url: registry.registry.url.clone(),
        repository: image.repository,
        digest: image.digest,
        media_type: image.media_type,
        platform: image.platform,
        tags: image.tags,
        artifact_digest: image.artifact_digest,
        blobs: task.blobs.clone().unwrap_or_default(),
        access: None,
    })))
}

/// Asking how a job is going does no harm, so only a firm no ends the task; the deadline ends the rest.
fn again_or_failed(task: &Assignment, error: ProviderError, log: &TaskLog) -> Step {
    match error {
        ProviderError::Permanent { message } => {
            log.error(message.clone());
            Step::Failed { message: format!("{message}; the engine may go on with its job"), report: None }
        }
        ProviderError::Transient { message, retry_after } | ProviderError::Busy { message, retry_after } => {
            log.warning(message.clone());
            Step::CheckAgain {
                wait: no_later(task, retry_after.unwrap_or_default().max(CHECK_AGAIN)),
                message: unanswered(&message),
            }
        }
        ProviderError::Unknown { message } => {
            log.warning(message.clone());
            Step::CheckAgain { wait: CHECK_AGAIN, message: unanswered(&message) }
        }
    }
}

/// Whoever asks us to wait for a day gets another question when the task's time is over.
fn no_later(task: &Assignment, wait: Duration) -> Duration {
    let left = (task.deadline - task.now).to_std().unwrap_or_default() + Duration::from_secs(1);
    wait.min(left.max(CHECK_AGAIN))
}

fn unanswered(message: &str) -> String {
    format!("the engine has the job, but does not say how it is going: {message}")
}
