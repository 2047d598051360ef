//! How a fake manager is set up.

use std::time::Duration;

use super::{Cluster, Script, TEST_TOKEN, Token};
use crate::clock::Clock;

/// Which API and which layout of results the manager has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Generation {
    /// Open API, one queue task per cluster (2.3.1 and later; 2.4.1 removed the old routes).
    Oapi,
    /// Open API, one queue task per cluster and blob (up to 2.3.0).
    OapiPerBlob,
    /// Only `/_ping` and `/preheats`.
    LegacyV1,
    /// Open API and the old routes (2.1.59 to 2.4.0).
    Both,
}

/// How keys inside `result` are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    Snake,
    /// `State`, `JobStates`, `TaskUUID`, as around 2.1.
    Camel,
}

/// Someone who can sign in to the console.
#[derive(Debug, Clone)]
pub struct User {
    pub id: u64,
    pub name: String,
    pub password: String,
    /// Guests may read, and nothing else.
    pub guest: bool,
}

#[derive(Debug, Clone)]
pub struct Knobs {
    pub clock: Clock,
    pub generation: Generation,
    pub keys: Keys,
    /// When the row copies the queue's state, counted from its creation.
    pub refresh_schedule: Vec<Duration>,
    pub tokens: Vec<Token>,
    pub users: Vec<User>,
    pub clusters: Vec<Cluster>,
    /// Answers instead of the real registry; see [`Script`].
    pub registry: Script,
    /// The real manager refuses to dial loopback; the fake, whose registries are there, does not by default.
    pub refuse_loopback: bool,
    /// Blobs are really read from the registry, with the credentials that the peers would have been given.
    pub really_fetch: bool,
    /// Rows older than this are removed, every `gc_interval`.
    pub gc_ttl: Duration,
    pub gc_interval: Duration,
    /// With 2, every other GET is answered from a copy of up to 30 s ago.
    pub replicas: usize,
    /// How far the times in answers are ahead.
    pub clock_skew: Duration,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            generation: Generation::Oapi,
            keys: Keys::Snake,
            refresh_schedule: refresh_schedule(),
            tokens: vec![Token::active(TEST_TOKEN)],
            users: vec![User::new(1, "root", "dragonfly")],
            clusters: vec![Cluster::new(1)],
            registry: Script::default(),
            refuse_loopback: false,
            really_fetch: false,
            gc_ttl: hours(6),
            gc_interval: hours(3),
            replicas: 1,
            clock_skew: Duration::ZERO,
        }
    }
}

impl From<Clock> for Knobs {
    fn from(clock: Clock) -> Self {
        Self { clock, ..Self::default() }
    }
}

impl User {
    pub fn new(id: u64, name: &str, password: &str) -> Self {
        Self { id, name: name.to_owned(), password: password.to_owned(), guest: false }
    }
}

impl Generation {
    pub(crate) fn has_oapi(self) -> bool {
        self != Self::LegacyV1
    }

    pub(crate) fn has_legacy(self) -> bool {
        matches!(self, Self::LegacyV1 | Self::Both)
    }
}

/// At once, after 30, 60, 120 and 240 s more, then every 300 s: 16 reads, the last at 3750 s (Dragonfly 2.4.2).
fn refresh_schedule() -> Vec<Duration> {
    let waits = [0, 30, 60, 120, 240].into_iter().chain([300; 11]);
    let sum = |total: &mut u64, wait: u64| {
        *total += wait;
        Some(Duration::from_secs(*total))
    };
    waits.scan(0, sum).collect()
}

const fn hours(count: u64) -> Duration {
    Duration::from_secs(count * 3600)
}
