//! Counts deliveries. Those without a good secret are counted as requests that were answered with 401.

use forewarm_metrics::process;
use forewarm_store::StoreError;
use forewarm_store::events::Accepted;

/// In no format that we know.
pub fn malformed(registry: &str) {
    process().event_deliveries.add([registry, "unknown", "malformed"]);
}

/// Read, and then stored or not.
pub fn stored(registry: &str, format: &str, accepted: &Result<Accepted, StoreError>) {
    let result = if accepted.is_ok() { "stored" } else { "failed" };
    process().event_deliveries.add([registry, format, result]);
    let Ok(accepted) = accepted else { return };
    let fates =
        [("accepted", accepted.accepted), ("duplicate", accepted.duplicates), ("ignored", accepted.ignored)];
    for (fate, number) in fates.into_iter().filter(|(_, number)| *number > 0) {
        process().event_notices.add_many([registry, fate], number as u64);
    }
}
