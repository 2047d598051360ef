//! The columns of a health: what the last look at an engine or a registry found.

use chrono::{DateTime, Utc};
use forewarm_domain::instance::Health;

/// None = nobody has looked yet.
pub(crate) fn read(
    healthy: Option<bool>,
    reason: Option<String>,
    latency_ms: Option<i64>,
    checked_at: Option<DateTime<Utc>>,
) -> Option<Health> {
    Some(Health {
        healthy: healthy?,
        reason: reason.unwrap_or_default(),
        latency_ms: latency_ms.unwrap_or_default(),
        checked_at: checked_at?,
    })
}
