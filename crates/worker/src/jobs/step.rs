//! What submitting and checking have in common: the lease around the call, and the record after it.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use forewarm_domain::job::Turn;
use forewarm_domain::task_log::TaskLog;
use forewarm_provider::{Outcome, Preheat, Progress, ProviderError, Subject};
use forewarm_store::StoreError;
use forewarm_store::tasks::{Assignment, Lease, Stage, Step};
use futures::FutureExt;
use rand::RngExt;
use tracing::Instrument as _;

use crate::backoff::backoff;
use crate::connections::{ConnectedInstance, Plan};
use crate::context::Context;
use crate::keeper::{Kept, keep};
use crate::measure;
use crate::running::Lane;

/// How long a handler waits for free places before it gives turns back.
const PATIENCE: Duration = Duration::from_secs(1);
/// When turns that found no place come again.
const FULL: Duration = Duration::from_secs(1);
/// How often a process may die over one task (or lose the engine's answer) before we stop offering it.
const MAX_INTERRUPTIONS: i32 = 20;
/// How often the record of a finished call is tried while the database is away.
const RECORD_TRIES: u32 = 30;

/// Takes the leases of tasks and hands their steps to the running calls. The handler returns within a second or so: turns
/// for which there is no place by then go back to the queue.
pub(super) async fn start<F, W>(
    context: &Context,
    lane: Lane,
    turns: &[Turn],
    work: F,
) -> Result<(), StoreError>
where
    F: FnOnce(Context, Assignment, TaskLog) -> W + Copy + Send + 'static,
    W: Future<Output = Result<Step, StoreError>> + Send + 'static,
{
    let give_up = Instant::now() + PATIENCE;
    let mut rest = turns;
    while !rest.is_empty() {
        let mut places = context.running.places(lane, rest.len(), give_up).await;
        if places.is_empty() {
            return context.store.tasks().postpone(rest, FULL).await;
        }
        let (now, later) = rest.split_at(places.len());
        rest = later;
        // Left out are those that are stopped, done by an earlier delivery of this ticket, or in another's hands.
        for task in context.store.tasks().begin(now, context.settings.lease).await? {
            let Some(place) = places.pop() else { break };
            let span = context.traces.span(lane, task.lease.execution_id).await;
            context
                .running
                .spawn(place, run(context.clone(), task, context.task_log(), work).instrument(span));
        }
    }
    Ok(())
}

async fn run<F, W>(context: Context, task: Assignment, log: TaskLog, work: F)
where
    F: FnOnce(Context, Assignment, TaskLog) -> W + Send,
    W: Future<Output = Result<Step, StoreError>> + Send,
{
    let renew = {
        let (context, log, lease) = (context.clone(), log.clone(), task.lease);
        move || renew(context.clone(), lease, log.clone()).boxed()
    };
    let work = async { work(context.clone(), task.clone(), log.clone()).await };
    let step = match keep(work, renew, context.settings.lease, context.running.over()).await {
        Kept::Done(Ok(step)) => step,
        Kept::Done(Err(error)) => {
            // Nothing was decided: the lease runs out and the sweep brings the task back.
            tracing::warn!(task_id = task.lease.task_id, %error, "a step lost the database");
            return;
        }
        Kept::Lost => {
            tracing::info!(task_id = task.lease.task_id, "the lease was lost: stopped, or taken over");
            return;
        }
        // What was asked of the engine is found again by its mark.
        Kept::Over => Step::Interrupted,
        Kept::Panicked(text) => {
            tracing::error!(task_id = task.lease.task_id, panic = text, "a step panicked");
            log.error(format!("internal error: {text}"));
            after_panic(&task)
        }
    };
    #[cfg(feature = "fail-points")]
    crate::fail_point::pass("recording");
    record(&context, &task, step, &log).await;
}

/// The engine may have the job, so it is looked for, or asked about, before anything is asked again.
fn after_panic(task: &Assignment) -> Step {
    let message = "internal error; the server's log has the rest".to_owned();
    match task.stage {
        Stage::Submit => Step::Retry { wait: backoff(task.interruptions + 1, None), asked: true, message },
        Stage::Check => Step::CheckAgain { wait: backoff(task.interruptions + 4, None), message },
    }
}

/// Keeps the lease, and shows what the log has so far to whoever follows it.
async fn renew(context: Context, lease: Lease, log: TaskLog) -> Result<bool, StoreError> {
    let lines = log.take();
    let renewed = context.store.tasks().renew(lease, context.settings.lease, &lines).await;
    if !matches!(renewed, Ok(true)) {
        log.put_back(lines);
    }
    renewed
}

/// Writes the end of a step; a database that is away for a moment must not cost an engine's answer.
async fn record(context: &Context, task: &Assignment, step: Step, log: &TaskLog) {
    let lines = log.take();
    let task_id = task.lease.task_id;
    for _ in 0..RECORD_TRIES {
        match context.store.tasks().record(task.lease, task.stage, step.clone(), &lines).await {
            Ok(true) => return measure::step(context, task, &step),
            Ok(false) => {
                tracing::info!(task_id, "the end of a step was not recorded: the lease was lost");
                return;
            }
            Err(error) => {
                tracing::warn!(task_id, %error, "the end of a step could not be recorded; trying again");
            }
        }
        if context.running.over().is_cancelled() {
            break;
        }
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    tracing::error!(task_id, "the end of a step was never recorded; the sweep will bring the task back");
}

/// What a step needs; or the end of the task, when its instance or plan is gone.
pub(super) async fn ready(
    context: &Context,
    task: &Assignment,
    log: &TaskLog,
) -> Result<Result<(Arc<ConnectedInstance>, Arc<Plan>), Step>, StoreError> {
    let failed = |message: &str| {
        log.error(message);
        Ok(Err(Step::Failed { message: message.to_owned(), report: None }))
    };
    if task.interruptions > MAX_INTERRUPTIONS {
        return failed(
            "given up: it was broken off too often before the engine's answer was known; the log has each time",
        );
    }
    let Some(instance_id) = task.instance_id else {
        return failed("its instance was deleted");
    };
    let Some(instance) = context.connections.instance(instance_id).await? else {
        return failed("its instance was deleted, or its vendor is unknown to this version");
    };
    let Some(plan) = context.connections.plan(task.lease.execution_id).await? else {
        return failed("its execution was deleted");
    };
    if let Some(reason) = task.locked.as_deref().or_else(|| plan.origin.locked()) {
        return failed(reason);
    }
    Ok(Ok((instance, plan)))
}

/// The end of a task that has had its time. Asked only after the engine, which may have finished while nobody looked;
/// `last` is what was known of it then.
pub(super) fn out_of_time(task: &Assignment, plan: &Plan, last: &str, log: &TaskLog) -> Option<Step> {
    if task.now <= task.deadline {
        return None;
    }
    let message = format!(
        "gave up: not done within its {} s (options.timeout_seconds) and 5 min of grace; the engine may go on; \
         last: {last}",
        plan.spec.options.timeout_seconds()
    );
    log.error(message.clone());
    Some(Step::Failed { message, report: None })
}

/// The same step, but the end of the task if that step would go on after its time.
pub(super) fn in_time(step: Step, task: &Assignment, plan: &Plan, log: &TaskLog) -> Step {
    let ended = match &step {
        Step::Running { message, .. }
        | Step::CheckAgain { message, .. }
        | Step::Retry { message, .. }
        | Step::SearchAgain { message, .. }
        | Step::Busy { message, .. } => out_of_time(task, plan, message, log),
        _ => None,
    };
    ended.unwrap_or(step)
}

pub(super) fn preheat(task: &Assignment, plan: &Plan, subject: Subject) -> Preheat {
    Preheat {
        task_id: task.lease.task_id,
        execution_id: task.lease.execution_id,
        attempt: task.lease.attempt,
        subject,
        options: plan.spec.options.clone(),
        origin: plan.origin.clone(),
        now: task.now,
        submitted_at: task.submitted_at,
        deadline: Some(task.deadline),
    }
}

/// What an engine's answer means for the task.
pub(super) fn step_of(
    task: &Assignment,
    instance: &ConnectedInstance,
    progress: Progress,
    log: &TaskLog,
) -> Step {
    let Progress { engine_job, outcome, report } = progress;
    match outcome {
        Outcome::Running { check_in, message } => Step::Running { engine_job, check_in, message, report },
        Outcome::Success { proof, message } => {
            log.info(format!("success: {message}"));
            Step::Success { engine_job, proof, message, report, fresh_for: instance.fresh_for }
        }
        Outcome::Failed { message, retry: true } => {
            log.error(message.clone());
            retry_or_fail(task, message, Some(report))
        }
        Outcome::Failed { message, retry: false } => {
            log.error(message.clone());
            Step::Failed { message, report: Some(report) }
        }
    }
}

/// What an error of a submission means for the task.
pub(super) fn step_of_error(task: &Assignment, error: ProviderError, log: &TaskLog) -> Step {
    log.error(error.to_string());
    match error {
        ProviderError::Transient { message, retry_after } => try_again(task, message, None, retry_after),
        ProviderError::Busy { message, retry_after } => busy(task, &message, retry_after),
        ProviderError::Permanent { message } => Step::Failed { message, report: None },
        ProviderError::Unknown { message } if task.interruptions + 1 >= task.max_attempts => Step::Failed {
            message: format!(
                "given up: broken off or without an answer {} times, the last time: {message}",
                task.interruptions + 1
            ),
            report: None,
        },
        ProviderError::Unknown { message } => Step::Retry {
            wait: backoff(task.interruptions + 1, None),
            asked: true,
            message: format!(
                "nobody knows whether the engine took it; looking before asking again: {message}"
            ),
        },
    }
}

/// Waiting in line is no failure, so only time ends it. Spread, so that those who wait do not come back as one.
fn busy(task: &Assignment, message: &str, asked_for: Option<Duration>) -> Step {
    let wait = asked_for.unwrap_or_default().max(Duration::from_secs(rand::rng().random_range(2..=15)));
    if task.now + wait > task.deadline {
        return Step::Failed { message: format!("{message} (until there was no time left)"), report: None };
    }
    Step::Busy { wait, message: format!("waiting in line: {message}"), uncounted: !task.asked }
}

/// A new attempt, while there are attempts and time left.
pub(super) fn retry_or_fail(
    task: &Assignment,
    message: String,
    report: Option<forewarm_domain::task::Report>,
) -> Step {
    try_again(task, message, report, None)
}

fn try_again(
    task: &Assignment,
    message: String,
    report: Option<forewarm_domain::task::Report>,
    asked_for: Option<Duration>,
) -> Step {
    let attempt = task.lease.attempt;
    if attempt >= task.max_attempts {
        let message =
            if task.max_attempts > 1 { format!("{message} (after {attempt} attempts)") } else { message };
        return Step::Failed { message, report };
    }
    let wait = backoff(attempt, asked_for);
    if task.now + wait > task.deadline {
        return Step::Failed { message: format!("{message} (no time left for another attempt)"), report };
    }
    let message = format!("attempt {attempt} of {} failed, trying again: {message}", task.max_attempts);
    Step::Retry { wait, asked: false, message }
}
