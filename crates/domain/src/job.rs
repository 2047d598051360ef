//! Queue messages. A job is a ticket "look at these rows": ids only, never secrets, never data.

use serde::{Deserialize, Serialize};

/// A ticket of the queue. `seq` is the row's counter when the ticket was written: a ticket whose number is not the
/// row's any more is stale and does nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Find the artifacts of an execution and write its tasks.
    ExpandExecution { execution_id: i64, seq: i64 },
    /// Hand tasks to their engines.
    SubmitTasks { tasks: Vec<Turn> },
    /// Ask the engines how tasks are going.
    CheckTasks { tasks: Vec<Turn> },
    /// Find the policies that an event starts.
    EvaluateEvent { event_id: i64, seq: i64 },
}

/// A task whose next step is due. Tasks that become due together share a ticket: the queue's own work on a ticket is
/// several times that on a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Turn {
    pub task_id: i64,
    pub seq: i64,
}

impl Job {
    /// One ticket per transition of a row: a second one with the same key is dropped. Those of tasks have none: a
    /// second one finds the counters moved on.
    pub fn key(&self) -> Option<String> {
        match self {
            Self::ExpandExecution { execution_id, seq } => Some(format!("execution:{execution_id}:{seq}")),
            Self::EvaluateEvent { event_id, seq } => Some(format!("event:{event_id}:{seq}")),
            Self::SubmitTasks { .. } | Self::CheckTasks { .. } => None,
        }
    }
}
