//! Hands tasks to their engines. Waiting for the end is left to `check_tasks`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use forewarm_domain::artifact::Blob;
use forewarm_domain::job::Turn;
use forewarm_domain::task::{ImageTarget, Target};
use forewarm_domain::task_log::TaskLog;
use forewarm_provider::{ASK_WITHIN, ImagePreheat, Preheat, ProviderError, Subject};
use forewarm_registry::RegistryError;
use forewarm_store::StoreError;
use forewarm_store::tasks::{Assignment, Step};

use super::{spare, step};
use crate::backoff::growing;
use crate::connections::ConnectedInstance;
use crate::context::Context;
use crate::running::Lane;

/// How long to wait before looking for a job again, when the engine does not say.
const LOOK_AGAIN: Duration = Duration::from_secs(15);

pub(crate) async fn run(context: &Context, turns: &[Turn]) -> Result<(), StoreError> {
    step::start(context, Lane::Submit, turns, submit).await
}

async fn submit(context: Context, task: Assignment, log: TaskLog) -> Result<Step, StoreError> {
    let (instance, plan) = match step::ready(&context, &task, &log).await? {
        Ok(ready) => ready,
        Err(step) => return Ok(step),
    };
    if let Some(step) = spare::unneeded(&context, &task, &instance, &plan, &log).await? {
        return Ok(step);
    }
    if !task.asked
        && let Some(step) = step::out_of_time(&task, &plan, "waiting to be handed to the engine", &log)
    {
        return Ok(step);
    }
    log.info(format!(
        "attempt {} of {}: preheating on instance '{}' ({})",
        task.lease.attempt, task.max_attempts, instance.instance.name, instance.instance.vendor
    ));
    let (subject, blobs) = match subject(&context, &task, &log).await? {
        Ok(found) => found,
        Err(step) => return Ok(step),
    };
    let mut preheat = step::preheat(&task, &plan, subject);
    // The time of a question is noted before it is asked: without one, nothing can be under way.
    if task.asked
        && task.submitted_at.is_some()
        && let Some(step) = adopt(&task, &instance, &preheat, &log).await
    {
        return Ok(step::in_time(step, &task, &plan, &log));
    }
    if let Some(step) = step::out_of_time(&task, &plan, "waiting to be handed to the engine", &log) {
        return Ok(step);
    }
    let noting = Instant::now();
    if let Some(step) = spare::claim(&context, &task, &instance, &plan, &blobs, &log).await? {
        return Ok(step);
    }
    if noting.elapsed() > ASK_WITHIN.min(context.settings.lease) {
        return Ok(too_late(&task, noting.elapsed(), &log));
    }
    preheat.submitted_at = Some(task.now);
    let answer = instance.provider.preheat(&preheat, &log).await;
    #[cfg(feature = "fail-points")]
    crate::fail_point::pass("submitted");
    let step = match answer {
        Ok(progress) => step::step_of(&task, &instance, progress, &log),
        Err(error) => step::step_of_error(&task, error, &log),
    };
    Ok(step::in_time(step, &task, &plan, &log))
}

/// The note is old by now: another process may have found it, and hold that nothing came of it.
fn too_late(task: &Assignment, took: Duration, log: &TaskLog) -> Step {
    log.warning(format!(
        "not asked: the database took {:.1} s to note that the engine is about to be; beginning anew",
        took.as_secs_f64()
    ));
    Step::GivenBack { wait: Duration::ZERO, asked: task.asked }
}

/// Looks for the job of an interrupted submission. None = the engine has none, and asking again does no harm.
async fn adopt(
    task: &Assignment,
    instance: &ConnectedInstance,
    preheat: &Preheat,
    log: &TaskLog,
) -> Option<Step> {
    log.info("an earlier submission was interrupted: looking for its job at the engine");
    match instance.provider.find(preheat, log).await {
        Ok(Some(progress)) => Some(step::step_of(task, instance, progress, log)),
        Ok(None) => {
            log.info("the engine has no such job: asking again does no harm");
            None
        }
        Err(ProviderError::Busy { message, retry_after }) => Some(look_again(message, retry_after, log)),
        Err(error) => Some(lost_search(task, preheat, error, log)),
    }
}

/// Too early to tell whether the job exists.
fn look_again(message: String, wait: Option<Duration>, log: &TaskLog) -> Step {
    log.info(message);
    Step::GivenBack { wait: wait.unwrap_or(LOOK_AGAIN), asked: true }
}

/// As long as nobody knows whether the job exists, nothing new is asked; and a search that fails is no submission whose
/// answer was lost, so it is made again while there is time.
fn lost_search(task: &Assignment, preheat: &Preheat, error: ProviderError, log: &TaskLog) -> Step {
    let (message, retry_after) = match error {
        ProviderError::Transient { message, retry_after } => (message, retry_after),
        ProviderError::Unknown { message } => (message, None),
        error => return step::step_of_error(task, error, log),
    };
    log.error(message.clone());
    Step::SearchAgain {
        wait: growing(preheat.elapsed(), retry_after),
        message: format!("nobody knows whether the engine took it, and it cannot be asked: {message}"),
    }
}

/// What the engine is asked for, with what must be warm in the end.
async fn subject(
    context: &Context,
    task: &Assignment,
    log: &TaskLog,
) -> Result<Result<(Subject, Vec<Blob>), Step>, StoreError> {
    let image = match &task.target {
        Target::Files { urls } => return Ok(Ok((Subject::Files { urls: urls.clone() }, vec![]))),
        Target::Image(image) => image,
    };
    let registry = match image.registry_id {
        Some(id) => context.connections.registry(id).await?,
        None => None,
    };
    let Some(registry) = registry else {
        log.error("its registry was deleted");
        return Ok(Err(Step::Failed { message: "its registry was deleted".to_owned(), report: None }));
    };
    let found = read(&registry.client, image, task.blobs.as_ref()).await;
    let (blobs, access) = match found {
        Ok(found) => found,
        Err(error) => {
            log.error(error.to_string());
            return Ok(Err(registry_step(task, &error)));
        }
    };
    log.info(format!("{}@{} has {} blobs", image.repository, image.digest, blobs.len()));
    let subject = image_subject(image, registry.registry.url.clone(), blobs.clone(), access);
    Ok(Ok((subject, blobs)))
}

/// What a manifest refers to never changes: what was read once, when the artifact was found or at an earlier attempt, is
/// not read again.
async fn read(
    registry: &Arc<dyn forewarm_registry::Registry>,
    image: &ImageTarget,
    known: Option<&Vec<Blob>>,
) -> Result<(Vec<Blob>, Option<forewarm_domain::Secret>), RegistryError> {
    let blobs = match known {
        Some(blobs) => blobs.clone(),
        None => registry.blobs(&image.repository, &image.digest).await?,
    };
    Ok((blobs, registry.pull_access(&image.repository).await?))
}

fn image_subject(
    image: &ImageTarget,
    registry_url: url::Url,
    blobs: Vec<Blob>,
    access: Option<forewarm_domain::Secret>,
) -> Subject {
    Subject::Image(ImagePreheat {
        registry_url,
        repository: image.repository.clone(),
        digest: image.digest.clone(),
        media_type: image.media_type.clone(),
        platform: image.platform.clone(),
        tags: image.tags.clone(),
        artifact_digest: image.artifact_digest.clone(),
        blobs,
        access,
    })
}

/// The engine was not asked yet, so trying again is always safe; but an earlier, interrupted question stays open.
fn registry_step(task: &Assignment, error: &RegistryError) -> Step {
    if !error.is_transient() {
        return Step::Failed { message: error.to_string(), report: None };
    }
    match step::retry_or_fail(task, error.to_string(), None) {
        Step::Retry { wait, message, .. } => Step::Retry { wait, asked: task.asked, message },
        step => step,
    }
}
