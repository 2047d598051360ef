//! Queue messages. A job is a ticket "look at row X": ids only, never secrets, never data.

use serde::{Deserialize, Serialize};

/// A ticket of the queue. `seq` is the row's counter when the ticket was written: a ticket whose number is not the
/// row's any more is stale and does nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Find the artifacts of an execution and write its tasks.
    ExpandExecution { execution_id: i64, seq: i64 },
    /// Hand a task to its engine.
    SubmitTask { task_id: i64, seq: i64 },
    /// Ask the engine how a task is going.
    CheckTask { task_id: i64, seq: i64 },
    /// Find the policies that an event starts.
    EvaluateEvent { event_id: i64, seq: i64 },
}

impl Job {
    /// One ticket per transition of a row: a second one with the same key is dropped.
    pub fn key(&self) -> String {
        match self {
            Self::ExpandExecution { execution_id, seq } => format!("execution:{execution_id}:{seq}"),
            Self::SubmitTask { task_id, seq } | Self::CheckTask { task_id, seq } => {
                format!("task:{task_id}:{seq}")
            }
            Self::EvaluateEvent { event_id, seq } => format!("event:{event_id}:{seq}"),
        }
    }
}
