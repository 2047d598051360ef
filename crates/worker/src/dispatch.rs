//! From a ticket to the file that handles it.

use std::panic::AssertUnwindSafe;

use forewarm_domain::job::Job;
use futures::FutureExt;

use crate::context::Context;
use crate::jobs::{check_tasks, evaluate_event, expand_execution, submit_tasks};
use crate::keeper::text_of;

/// Does a job. Never fails towards the queue: a job that cannot be done now is found again by the sweep, since apalis
/// would retry an error at once and a panic never (apalis 1.0.0).
pub(crate) async fn dispatch(context: &Context, job: Job) {
    let attended = context.clone();
    if context.running.attend(async move { attend(&attended, job).await }).await.is_none() {
        // Never to be acknowledged: another process takes its ticket over as soon as this one is taken for dead.
        std::future::pending::<()>().await;
    }
}

async fn attend(context: &Context, job: Job) {
    let what = format!("{job:?}");
    let work = async {
        match job {
            Job::ExpandExecution { execution_id, seq } => {
                expand_execution::run(context, execution_id, seq).await
            }
            Job::SubmitTasks { tasks } => submit_tasks::run(context, &tasks).await,
            Job::CheckTasks { tasks } => check_tasks::run(context, &tasks).await,
            Job::EvaluateEvent { event_id, seq } => evaluate_event::run(context, event_id, seq).await,
        }
    };
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(job = what, %error, "a job could not be done; the sweep will bring it back");
        }
        Err(panic) => {
            tracing::error!(
                job = what,
                panic = text_of(&*panic),
                "a job panicked; the sweep will bring it back"
            );
        }
    }
}
