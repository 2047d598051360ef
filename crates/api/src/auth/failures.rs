//! Failed logins: counted by address and by name, so that nobody guesses for long.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How many keys are remembered; beyond that the oldest are forgotten.
const MOST: usize = 10_000;
/// How long failures count.
const WINDOW: Duration = Duration::from_secs(60);

/// Counts failures in windows of a minute.
#[derive(Debug, Default)]
pub struct Failures {
    counts: Mutex<HashMap<String, Count>>,
}

#[derive(Debug, Clone, Copy)]
struct Count {
    failures: u32,
    since: Instant,
}

impl Failures {
    /// How long this key has to wait, if it failed `limit` times.
    pub fn wait(&self, key: &str, limit: u32, now: Instant) -> Option<Duration> {
        let counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let count = counts.get(key)?;
        let end = count.since + WINDOW;
        (count.failures >= limit && end > now).then(|| end - now)
    }

    pub fn note(&self, key: &str, now: Instant) {
        let mut counts = self.counts.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if counts.len() >= MOST {
            make_room(&mut counts, now);
        }
        let count = counts.entry(key.to_owned()).or_insert(Count { failures: 0, since: now });
        if count.since + WINDOW <= now {
            *count = Count { failures: 0, since: now };
        }
        count.failures += 1;
    }
}

/// Forgets what no longer counts; if that is not enough, the older half.
fn make_room(counts: &mut HashMap<String, Count>, now: Instant) {
    counts.retain(|_, count| count.since + WINDOW > now);
    if counts.len() < MOST {
        return;
    }
    let mut ages: Vec<Instant> = counts.values().map(|count| count.since).collect();
    ages.sort_unstable();
    let middle = ages[ages.len() / 2];
    counts.retain(|_, count| count.since > middle);
}
