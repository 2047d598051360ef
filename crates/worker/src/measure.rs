//! Counts how steps of tasks end, once that is recorded.

use forewarm_metrics::process;
use forewarm_store::tasks::{Assignment, Step};

use crate::context::Context;

pub(crate) fn step(context: &Context, task: &Assignment, step: &Step) {
    match step {
        Step::Success { .. } | Step::AlreadyWarm { .. } => ended(context, task, "success"),
        Step::Failed { .. } => ended(context, task, "error"),
        Step::Stopped { .. } => ended(context, task, "stopped"),
        Step::Retry { asked: false, .. } => again("failed"),
        Step::Retry { asked: true, .. } | Step::SearchAgain { .. } => again("answer_lost"),
        Step::Busy { .. } => again("busy"),
        Step::CheckAgain { .. } => again("unanswered"),
        Step::Interrupted => again("interrupted"),
        _ => {}
    }
}

fn ended(context: &Context, task: &Assignment, status: &str) {
    let instance = task.instance_id.and_then(|id| context.connections.name(id));
    let instance = instance.as_deref().unwrap_or("deleted");
    let took = (context.store.clock().local() - task.started_at).to_std().unwrap_or_default();
    process().tasks_ended.add([instance, status]);
    process().task_duration.observe([instance, status], took);
}

fn again(reason: &str) {
    process().task_retries.add([reason]);
}
