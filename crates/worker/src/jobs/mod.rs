//! One file per job.

pub(crate) mod check_task;
pub(crate) mod evaluate_event;
pub(crate) mod expand_execution;
pub(crate) mod submit_task;

mod spare;
mod step;
