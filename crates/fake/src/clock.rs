//! The time a fake lives in: stands still until a test moves it, or runs, or runs faster.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

use crate::lock;

/// Shared by its clones. Only the fake that was given it is affected; nothing else of the process is.
#[derive(Debug, Clone)]
pub struct Clock(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    start: DateTime<Utc>,
    origin: Instant,
    factor: f64,
    advanced: Mutex<Duration>,
}

impl Clock {
    /// Stands still at `start` until [`advance`](Self::advance) is called.
    pub fn manual(start: DateTime<Utc>) -> Self {
        Self::new(start, 0.0)
    }

    /// Runs as the wall clock does.
    pub fn real() -> Self {
        Self::new(Utc::now(), 1.0)
    }

    /// Runs `factor` times as fast as the wall clock, from now on.
    pub fn scaled(factor: f64) -> Self {
        Self::new(Utc::now(), factor.max(0.0))
    }

    /// The present moment in the fake's time.
    pub fn now(&self) -> DateTime<Utc> {
        let passed = self.0.origin.elapsed().mul_f64(self.0.factor) + *lock(&self.0.advanced);
        self.0.start + delta(passed)
    }

    /// Moves the clock forward; works on every kind of clock.
    pub fn advance(&self, duration: Duration) {
        *lock(&self.0.advanced) += duration;
    }

    /// How many times as fast as the wall clock it runs; 0 for a manual one.
    pub fn factor(&self) -> f64 {
        self.0.factor
    }

    /// What to print for a moment of this clock: a fast clock would otherwise show times of the future.
    pub fn shown(&self, moment: DateTime<Utc>) -> DateTime<Utc> {
        if self.0.factor <= 1.0 {
            return moment;
        }
        let since = (moment - self.0.start).to_std().unwrap_or_default();
        self.0.start + delta(since.div_f64(self.0.factor))
    }

    fn new(start: DateTime<Utc>, factor: f64) -> Self {
        Self(Arc::new(Inner { start, origin: Instant::now(), factor, advanced: Mutex::default() }))
    }
}

impl Default for Clock {
    /// Stands still at a fixed moment, so that a test's output is the same on every day.
    fn default() -> Self {
        Self::manual(DateTime::from_timestamp(1_788_249_600, 0).unwrap_or_default())
    }
}

/// A duration in chrono's terms; absurdly long ones are cut off.
pub(crate) fn delta(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}
