//! How long to wait before the next attempt. Ours, because apalis's retries ignore their delay (apalis 1.0.0).

use std::time::Duration;

use rand::RngExt;

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_secs(300);

/// The wait after attempt number `attempt` (from 1) failed: 2, 4, 8 … 300 s, a fifth more or less so that tasks that
/// failed together do not come back together. Never less than what the other side asked for.
pub(crate) fn backoff(attempt: i32, asked_for: Option<Duration>) -> Duration {
    let doublings = u32::try_from(attempt.clamp(1, 16) - 1).unwrap_or_default();
    let wait = FIRST.saturating_mul(2_u32.saturating_pow(doublings)).min(LONGEST);
    let wait = wait.mul_f64(rand::rng().random_range(0.8..1.2));
    wait.max(asked_for.unwrap_or_default().min(LONGEST * 12))
}

/// The wait where nothing counts the attempts: a quarter of the time that has gone by, within the same bounds and with the
/// same chance.
pub(crate) fn growing(gone_by: Duration, asked_for: Option<Duration>) -> Duration {
    let wait = (gone_by / 4).clamp(FIRST, LONGEST).mul_f64(rand::rng().random_range(0.8..1.2));
    wait.max(asked_for.unwrap_or_default().min(LONGEST * 12))
}
