//! Waits when a server asks for patience (429, 503), as long as it asks and not longer than is reasonable.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// How often one request is sent at most.
const TRIES: u32 = 4;
/// How long one request waits at most, all tries together.
const PATIENCE: Duration = Duration::from_secs(20);

/// The patience left for one request.
#[derive(Debug)]
pub(crate) struct Backoff {
    sent: u32,
    left: Duration,
}

impl Backoff {
    pub(crate) fn new() -> Self {
        Self { sent: 0, left: PATIENCE }
    }

    /// How long to wait before the next try; None = give up. `asked` is what the server asked for.
    pub(crate) fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.sent += 1;
        let wait = asked.unwrap_or_else(|| guess(self.sent));
        if self.sent >= TRIES || wait > self.left {
            return None;
        }
        self.left -= wait;
        Some(wait)
    }
}

/// Whether an answer asks for patience.
pub(crate) fn is_busy(status: u16) -> bool {
    matches!(status, 429 | 503)
}

/// What `Retry-After` says: seconds, or a date.
pub(crate) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// A second, doubled each time, with up to half as much again by chance, so that many do not come back together.
fn guess(sent: u32) -> Duration {
    let base = Duration::from_secs(1 << (sent - 1).min(4));
    base.mul_f64(1.0 + rand::random_range(0.0..0.5))
}
