//! When to look at a job.

use std::time::Duration;

/// The manager copies a job's state into its row at 0 s and 30 s, and then ever more rarely (2.4.2 and later), so
/// nothing can be seen before this.
pub(super) const FIRST: Duration = Duration::from_secs(32);
/// The manager gives up on a job at 62.5 minutes; after this nothing changes any more.
pub(super) const GIVE_UP: Duration = Duration::from_secs(65 * 60);

const OFTEN: Duration = Duration::from_secs(15);
const OFTEN_UNTIL: Duration = Duration::from_secs(10 * 60);
const RARELY: Duration = Duration::from_secs(60);
/// Waits grow by up to this share, so that many tasks submitted at one moment do not ask at one moment.
const JITTER: f64 = 0.1;

/// How long to wait before the next look; None = stop looking. `chance` is from 0 to 1.
pub(super) fn next(elapsed: Duration, chance: f64) -> Option<Duration> {
    if elapsed >= GIVE_UP {
        return None;
    }
    let wait = if elapsed < FIRST {
        FIRST - elapsed
    } else if elapsed < OFTEN_UNTIL {
        OFTEN
    } else {
        RARELY
    };
    Some(wait.mul_f64(1.0 + JITTER * chance.clamp(0.0, 1.0)))
}
