//! The issuer's keys, fetched when they are needed and remembered.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use forewarm_http::Outbound;
use jsonwebtoken::Algorithm;
use tokio::sync::Mutex as AsyncMutex;

use super::discovery::fetch_keys;
use super::issuer::Issuer;
use super::key::Key;
use super::refusal::Refusal;

/// After this long they are fetched again, so that a key that the issuer withdrew opens nothing for longer.
const FRESH: Duration = Duration::from_secs(60 * 60);
/// This long they serve while the issuer is away.
const USABLE: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two fetches, however many tokens name a key that nobody knows.
const PAUSE: Duration = Duration::from_secs(30);
/// Between two tries while the issuer is away, in seconds.
pub const PAUSE_AFTER_FAILURE: u64 = 10;

/// Cheap to clone.
#[derive(Clone)]
pub struct Keys(Arc<Inner>);

struct Inner {
    issuer: Issuer,
    outbound: Outbound,
    state: Mutex<State>,
    /// Held while somebody fetches; the others wait for what comes of it.
    fetching: Arc<AsyncMutex<()>>,
}

#[derive(Default)]
struct State {
    known: Vec<Key>,
    fetched: Option<SystemTime>,
    tried: Option<SystemTime>,
    /// Why the last try failed.
    failure: Option<String>,
}

impl Keys {
    pub fn of(issuer: Issuer, outbound: Outbound) -> Self {
        Self(Arc::new(Inner { issuer, outbound, state: Mutex::default(), fetching: Arc::default() }))
    }

    /// The time by which keys grow old and tokens expire.
    pub fn now(&self) -> SystemTime {
        self.0.outbound.clock().now()
    }

    /// The key with this id; without an id the only one that it can be.
    pub async fn find(&self, id: Option<&str>, algorithm: Algorithm) -> Result<Key, Refusal> {
        let found = self.0.pick(id, algorithm, self.now());
        match found {
            Some(key) if self.0.are_fresh(self.now()) => return Ok(key),
            // Somebody else's fetch is not waited for: the key is known.
            Some(_) => self.refresh_unless_busy().await,
            None => self.refresh().await,
        }
        if let Some(key) = self.0.pick(id, algorithm, self.now()) {
            return Ok(key);
        }
        Err(match self.0.state().failure.clone() {
            Some(why) => Refusal::Unreachable(why),
            None => Refusal::UnknownKey,
        })
    }

    /// Fetches the keys, unless that was done or tried a moment ago.
    pub async fn refresh(&self) {
        let turn = self.0.fetching.clone().lock_owned().await;
        self.fetch(turn).await;
    }

    async fn refresh_unless_busy(&self) {
        if let Ok(turn) = self.0.fetching.clone().try_lock_owned() {
            self.fetch(turn).await;
        }
    }

    async fn fetch(&self, turn: tokio::sync::OwnedMutexGuard<()>) {
        if !self.0.may_fetch(self.now()) {
            return;
        }
        let inner = self.0.clone();
        // By itself, so that a client that goes away does not end what others wait for.
        let fetch = tokio::spawn(async move {
            let _turn = turn;
            let outcome = fetch_keys(&inner.issuer, &inner.outbound).await;
            inner.note(outcome);
        });
        if let Err(error) = fetch.await {
            tracing::error!("fetching the issuer's keys ended badly: {error}");
        }
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn pick(&self, id: Option<&str>, algorithm: Algorithm, now: SystemTime) -> Option<Key> {
        let state = self.state();
        if !is_within(USABLE, state.fetched, now) {
            return None;
        }
        let Some(id) = id else {
            let mut fitting = state.known.iter().filter(|key| key.verifies(algorithm));
            return fitting.next().filter(|_| fitting.next().is_none()).cloned();
        };
        let mut named = state.known.iter().filter(|key| key.id.as_deref() == Some(id));
        named.clone().find(|key| key.verifies(algorithm)).or_else(|| named.next()).cloned()
    }

    fn are_fresh(&self, now: SystemTime) -> bool {
        is_within(FRESH, self.state().fetched, now)
    }

    fn may_fetch(&self, now: SystemTime) -> bool {
        let state = self.state();
        let pause = state.failure.as_ref().map_or(PAUSE, |_| Duration::from_secs(PAUSE_AFTER_FAILURE));
        !is_within(pause, state.tried, now)
    }

    fn note(&self, outcome: Result<Vec<Key>, String>) {
        let now = self.outbound.clock().now();
        let mut state = self.state();
        state.tried = Some(now);
        match outcome {
            Ok(keys) => {
                tracing::debug!(issuer = %self.issuer, keys = keys.len(), "fetched the issuer's keys");
                *state = State { known: keys, fetched: Some(now), tried: Some(now), failure: None };
            }
            Err(why) => {
                tracing::warn!(issuer = %self.issuer, "cannot fetch the issuer's keys: {why}");
                state.failure = Some(why);
            }
        }
    }
}

/// Whether less than `time` has passed since. A clock that was put back tells nothing, so then it has.
fn is_within(time: Duration, since: Option<SystemTime>, now: SystemTime) -> bool {
    since.and_then(|since| now.duration_since(since).ok()).is_some_and(|passed| passed < time)
}
