//! Times as Harbor writes them: in UTC, never null.

use chrono::{DateTime, SecondsFormat, Utc};

/// A time of an execution or a task that has not come yet (Harbor 2.16: Go's zero time).
pub const ZERO_SECONDS: &str = "0001-01-01T00:00:00Z";

/// The same of a policy.
pub const ZERO_MILLISECONDS: &str = "0001-01-01T00:00:00.000Z";

/// A time of an execution or a task, `2006-01-02T15:04:05Z` (Harbor 2.16, `server/v2.0/handler/preheat.go`); the fraction
/// is cut off.
pub fn seconds(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(|| ZERO_SECONDS.to_owned(), |time| time.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// A time of a policy, `2006-01-02T15:04:05.000Z` (Harbor 2.16: `strfmt.DateTime`); finer fractions are cut off.
pub fn milliseconds(time: Option<DateTime<Utc>>) -> String {
    time.map_or_else(
        || ZERO_MILLISECONDS.to_owned(),
        |time| time.to_rfc3339_opts(SecondsFormat::Millis, true),
    )
}
