//! Tickets of tasks: those that become due together share one.

use chrono::{DateTime, Utc};
use forewarm_domain::job::{Job, Turn};
use sqlx::PgConnection;

use super::Stage;
use crate::StoreError;
use crate::queue::{self, Ticket};

/// The most tasks of one ticket. A worker takes tickets whole, so these also bound how much one takes from the others;
/// submissions occupy it for longer than looks.
const SUBMITS: usize = 64;
const CHECKS: usize = 200;

/// A task, what its next step is, and when that is due.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Due {
    pub turn: Turn,
    pub stage: Stage,
    pub at: DateTime<Utc>,
}

/// Writes the tickets of these tasks as part of the caller's transaction, in the order of the tasks.
pub(crate) async fn push(connection: &mut PgConnection, due: &[Due]) -> Result<(), StoreError> {
    let mut tickets: Vec<Ticket> = Vec::new();
    let mut due = due.to_vec();
    due.sort_by_key(|due| (due.at, due.stage == Stage::Check));
    for together in due.chunk_by(|one, other| (one.at, one.stage) == (other.at, other.stage)) {
        let most = if together[0].stage == Stage::Check { CHECKS } else { SUBMITS };
        for some in together.chunks(most) {
            let tasks = some.iter().map(|due| due.turn).collect();
            let job = match some[0].stage {
                Stage::Submit => Job::SubmitTasks { tasks },
                Stage::Check => Job::CheckTasks { tasks },
            };
            tickets.push(Ticket { job, run_at: some[0].at });
        }
    }
    queue::push(connection, &tickets).await
}
