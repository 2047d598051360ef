//! The queue between manager and schedulers. It goes on whatever happens to the manager's rows.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::result::ClusterResult;
use super::run::Played;
use crate::clock::delta;

/// Schedulers poll the queue every 2.5 s; this one is always in the middle.
const PICKED_UP_AFTER: Duration = Duration::from_millis(1_200);

/// One queue task.
#[derive(Debug, Clone)]
pub(crate) struct QueueTask {
    pub(crate) uuid: String,
    pub(crate) cluster: u64,
    pub(crate) created_at: DateTime<Utc>,
    started_at: DateTime<Utc>,
    finished_at: DateTime<Utc>,
    pub(crate) ending: Ending,
    /// The scheduler died over it; nobody takes it up again.
    stuck: bool,
}

#[derive(Debug, Clone)]
pub(crate) enum Ending {
    Success(ClusterResult),
    Failure(String),
}

/// How a test ends a queue task by hand.
#[derive(Debug, Clone)]
pub enum Completion {
    /// As if its peers had just finished.
    Success,
    Failure(String),
}

impl QueueTask {
    pub(crate) fn new(uuid: String, cluster: u64, created_at: DateTime<Utc>, played: Played) -> Self {
        let started_at = created_at + delta(PICKED_UP_AFTER);
        let finished_at =
            started_at.checked_add_signed(delta(played.takes)).unwrap_or(DateTime::<Utc>::MAX_UTC);
        Self { uuid, cluster, created_at, started_at, finished_at, ending: played.ending, stuck: false }
    }

    /// The queue's word for the task at this moment.
    pub(crate) fn state(&self, at: DateTime<Utc>) -> &'static str {
        if at < self.started_at {
            "PENDING"
        } else if self.stuck || at < self.finished_at {
            "STARTED"
        } else {
            match self.ending {
                Ending::Success(_) => "SUCCESS",
                Ending::Failure(_) => "FAILURE",
            }
        }
    }

    pub(crate) fn is_finished(&self, at: DateTime<Utc>) -> bool {
        matches!(self.state(at), "SUCCESS" | "FAILURE")
    }

    pub(crate) fn complete(&mut self, completion: Completion, now: DateTime<Utc>) {
        self.stuck = false;
        self.started_at = self.started_at.min(now);
        self.finished_at = now;
        if let Completion::Failure(error) = completion {
            self.ending = Ending::Failure(error);
        }
    }

    pub(crate) fn abandon(&mut self, now: DateTime<Utc>) {
        if !self.is_finished(now) {
            self.stuck = true;
        }
    }
}
