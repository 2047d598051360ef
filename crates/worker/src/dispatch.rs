//! From a ticket to the file that handles it.

use std::panic::AssertUnwindSafe;

use forewarm_domain::job::Job;
use futures::FutureExt;

use crate::context::Context;
use crate::jobs::{check_task, evaluate_event, expand_execution, submit_task};
use crate::keeper::text_of;

/// Does a job. Never fails towards the queue: a job that cannot be done now is found again by the sweep, since apalis
/// would retry an error at once and a panic never (apalis 1.0.0).
pub(crate) async fn dispatch(context: &Context, job: Job) {
    let work = async {
        match job {
            Job::ExpandExecution { execution_id, seq } => {
                expand_execution::run(context, execution_id, seq).await
            }
            Job::SubmitTask { task_id, seq } => submit_task::run(context, task_id, seq).await,
            Job::CheckTask { task_id, seq } => check_task::run(context, task_id, seq).await,
            Job::EvaluateEvent { event_id, seq } => evaluate_event::run(context, event_id, seq).await,
        }
    };
    match AssertUnwindSafe(work).catch_unwind().await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => {
            tracing::warn!(?job, %error, "a job could not be done; the sweep will bring it back");
        }
        Err(panic) => {
            tracing::error!(?job, panic = text_of(&*panic), "a job panicked; the sweep will bring it back");
        }
    }
}
