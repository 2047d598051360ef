//! A clock for outbound requests that moves only when somebody sleeps on it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use forewarm_fake::clock::Clock as FakeClock;
use forewarm_http::clock::Clock;
use forewarm_http::{Options, Outbound};

use super::outbound::options;

/// Runs with a fake's clock: a sleep moves both and returns at once.
#[derive(Debug, Clone)]
pub struct TestClock {
    time: FakeClock,
    sleeps: Arc<Mutex<Vec<Duration>>>,
}

impl TestClock {
    pub fn with(time: &FakeClock) -> Self {
        Self { time: time.clone(), sleeps: Arc::default() }
    }

    /// Clients that wait by this clock.
    pub fn outbound(&self) -> Outbound {
        Outbound::with(Options { clock: Arc::new(self.clone()), ..options() })
    }

    /// How long was slept, each time.
    pub fn sleeps(&self) -> Vec<Duration> {
        self.sleeps.lock().unwrap().clone()
    }
}

#[async_trait]
impl Clock for TestClock {
    fn now(&self) -> SystemTime {
        self.time.now().into()
    }

    async fn sleep(&self, time: Duration) {
        self.sleeps.lock().unwrap().push(time);
        self.time.advance(time);
    }
}
