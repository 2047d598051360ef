//! What a due time of a schedule comes to, also when nobody was there to see it.

use std::fmt;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use crate::Invalid;
use crate::cron::Cron;
use crate::trigger::{Missed, Schedule};

/// How late, in seconds, a time may be seen and still count as seen.
pub const PATIENCE: TimeDelta = TimeDelta::seconds(60);
/// The most missed times that are counted: a year of a policy that runs each minute has half a million.
const MAX_COUNTED: usize = 100;

/// What to do about a due time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// Whether an execution is started for it.
    pub runs: bool,
    /// The times that nobody saw; None = it is seen in time.
    pub missed: Option<MissedTimes>,
    /// The time to look at next, which may have come already; None = the schedule has ended.
    pub next: Option<DateTime<Utc>>,
}

/// Times of a schedule that passed while nobody was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MissedTimes {
    pub first: DateTime<Utc>,
    /// The last of them; None = there are too many to count.
    pub last: Option<DateTime<Utc>>,
    pub count: usize,
}

impl Schedule {
    /// What the time `at`, which has come, means at the time `now`.
    ///
    /// Every time that is seen within [`PATIENCE`] starts an execution of its own. Of those that were missed one
    /// execution, if any, makes up for all, and for those that are not missed yet, too.
    ///
    /// # Errors
    /// The schedule cannot be read.
    pub fn due(&self, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Due, Invalid> {
        let cron = self.cron()?;
        let missed_before = now - PATIENCE;
        if at >= missed_before {
            return Ok(Due { runs: true, missed: None, next: cron.next_after(at) });
        }
        let up_to = match self.missed {
            Missed::Run => now,
            Missed::Skip => missed_before - TimeDelta::nanoseconds(1),
        };
        Ok(Due {
            runs: self.missed == Missed::Run,
            missed: Some(MissedTimes::count(&cron, at, up_to)),
            next: cron.next_after(up_to),
        })
    }
}

impl MissedTimes {
    fn count(cron: &Cron, first: DateTime<Utc>, up_to: DateTime<Utc>) -> Self {
        let (mut last, mut count) = (first, 1);
        while let Some(next) = cron.next_after(last).filter(|next| *next <= up_to) {
            if count == MAX_COUNTED {
                return Self { first, last: None, count };
            }
            (last, count) = (next, count + 1);
        }
        Self { first, last: Some(last), count }
    }
}

impl fmt::Display for MissedTimes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = shown(self.first);
        match self.last {
            Some(_) if self.count == 1 => write!(f, "the time {first}"),
            Some(last) => write!(f, "{} times from {first} to {}", self.count, shown(last)),
            None => write!(f, "more than {} times since {first}", self.count),
        }
    }
}

fn shown(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Secs, true)
}
