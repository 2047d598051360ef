//! How a fake Kraken is set up.

use std::time::Duration;

use super::Backend;
use crate::clock::Clock;

#[derive(Debug, Clone)]
pub struct Knobs {
    pub clock: Clock,
    pub origins: usize,
    pub backend: Backend,
    /// How often a prefetch answers 202 before it answers 200.
    pub pending: u32,
    /// How long a download takes, by the clock.
    pub download_time: Duration,
    /// Whether nginx stands in front of the proxy, as Kraken's own configuration has it: notifications then never
    /// reach their handler, and `/proxy/` is limited to 100 requests a second.
    pub nginx: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            origins: 1,
            backend: Backend::Everything,
            pending: 1,
            download_time: Duration::ZERO,
            nginx: false,
        }
    }
}

impl From<Backend> for Knobs {
    fn from(backend: Backend) -> Self {
        Self { backend, ..Self::default() }
    }
}
