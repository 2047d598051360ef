//! What an expansion and an evaluation that came to no end have in common.

use std::time::Duration;

use forewarm_registry::RegistryError;

use crate::backoff::growing;

/// Rate limits come back within minutes or an hour; after that its "slow down" counts like any other failure.
const PATIENCE: Duration = Duration::from_secs(3600);

/// What a "slow down" says when it is waited for.
pub(super) struct Patience {
    pub wait: Duration,
    pub message: String,
}

/// None = it does not ask for any, or `busy_for` and what it asks for are more than there is.
pub(super) fn patience(error: &RegistryError, busy_for: Duration) -> Option<Patience> {
    let asked_for = error.retry_after();
    let wait = growing(busy_for, asked_for);
    // `growing` waits for less than was asked for, where that is very much.
    let longest = busy_for.saturating_add(wait.max(asked_for.unwrap_or_default()));
    (error.asks_for_patience() && longest <= PATIENCE).then(|| Patience {
        wait,
        message: format!(
            "the registry asks for patience, trying again after {} s: {error}",
            wait.as_secs_f64().ceil()
        ),
    })
}

/// The end of one that was begun `times` times: `last` is what was said of it before.
pub(super) fn never_ended(times: i32, last: &str) -> String {
    let end = format!("given up: begun {times} times and never brought to an end");
    if last.is_empty() { end } else { format!("{end}; last message: {last}") }
}
