//! The queue: is anybody working, and is the work done in time.

use std::time::Duration;

use forewarm_store::{QueueState, Store, StoreError};

use super::database::words;
use super::findings::Findings;

const CHECK: &str = "queue";
/// A due ticket is taken within a second.
const LATE: Duration = Duration::from_secs(60);

pub async fn look(store: &Store, findings: &mut Findings) -> Result<(), StoreError> {
    let states = store.queue_states().await?;
    look_at_workers(&states, findings);
    for state in &states {
        look_at_queue(state, findings);
    }
    let overdue = store.overdue_tasks().await?;
    if overdue > 0 {
        let message = format!(
            "{overdue} tasks are overdue by more than a minute or were left by a dead worker: any living worker takes \
             them over within seconds; if that stays, look at its log"
        );
        findings.warning(CHECK, message);
    }
    Ok(())
}

fn look_at_workers(states: &[QueueState], findings: &mut Findings) {
    let alive = states.iter().map(|state| state.workers).min().unwrap_or_default();
    if alive > 0 {
        let word = if alive == 1 { "worker is" } else { "workers are" };
        findings.ok(CHECK, format!("{alive} {word} alive"));
        return;
    }
    let last = states.iter().filter_map(|state| state.heartbeat_age).min();
    let last = last.map_or("for an hour or more".to_owned(), |age| format!("for {}", words(age)));
    let waiting: i64 = states.iter().map(|state| state.due + state.taken).sum();
    let message =
        format!("no worker has given a sign of life {last}: start `forewarm serve` or `forewarm worker`");
    match waiting {
        0 => findings.warning(CHECK, message),
        waiting => findings.problem(CHECK, format!("{message}; tickets that wait for one: {waiting}")),
    }
}

fn look_at_queue(state: &QueueState, findings: &mut Findings) {
    let QueueState { queue, due, scheduled, taken, .. } = state;
    let depth = format!("{queue}: {due} due, {scheduled} for later, {taken} in hand");
    if state.oldest_age > LATE {
        let age = words(state.oldest_age);
        findings
            .warning(CHECK, format!("{depth}; the oldest due one has waited for {age}: more workers help"));
    } else {
        findings.ok(CHECK, depth);
    }
}
