//! Time, as outbound requests see it: how long to wait before the next try, and whether a token is still good.

use std::fmt::Debug;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;

/// Where the time comes from. Tests give [`crate::Outbound::with_clock`] one of their own, whose `sleep` moves its
/// `now` and returns at once: tokio's paused time cannot serve, because it runs ahead whenever a real socket makes
/// the test wait, and every timeout fires.
#[async_trait]
pub trait Clock: Debug + Send + Sync {
    fn now(&self) -> SystemTime;

    async fn sleep(&self, time: Duration);
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy)]
pub struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    fn now(&self) -> SystemTime {
        SystemTime::now()
    }

    async fn sleep(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }
}
