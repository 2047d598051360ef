//! One file per job.

pub(crate) mod check_tasks;
pub(crate) mod evaluate_event;
pub(crate) mod expand_execution;
pub(crate) mod submit_tasks;

mod spare;
mod step;
mod unfinished;
