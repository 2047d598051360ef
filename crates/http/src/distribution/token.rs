//! Tokens: fetched from the registry's token server, kept per scope as long as they are good.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use forewarm_domain::Secret;
use serde::Deserialize;

/// What a token without `expires_in` lives (token authentication specification of distribution).
const DEFAULT_LIFE: u64 = 60;
/// Nothing is kept longer, whatever it claims.
const LONGEST_LIFE: u64 = 24 * 3600;
/// A token is replaced this long before its end, or after three quarters of a short life.
const MARGIN: Duration = Duration::from_secs(15);
/// Scopes kept before the expired ones are dropped.
const KEPT: usize = 1000;

/// A token and its time.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) secret: Secret,
    fetched: SystemTime,
    life: Duration,
}

/// A token server's answer.
#[derive(Deserialize)]
struct Grant {
    #[serde(default)]
    token: Option<String>,
    #[serde(default)]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<u64>,
}

/// One scope's token. Whoever fetches it holds the lock, so that many requests at once fetch one token.
pub(crate) type Place = Arc<tokio::sync::Mutex<Option<Token>>>;

/// The tokens of a session.
#[derive(Debug, Default)]
pub(crate) struct Tokens {
    scopes: Mutex<HashMap<String, Place>>,
}

impl Tokens {
    pub(crate) fn place(&self, scope: &str, now: SystemTime) -> Place {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if scopes.len() >= KEPT {
            scopes.retain(|_, place| is_wanted(place, now));
        }
        scopes.entry(scope.to_owned()).or_default().clone()
    }
}

impl Token {
    /// Reads a token server's answer; None when it holds no token.
    pub(crate) fn parse(body: &[u8], now: SystemTime) -> Option<Self> {
        let grant: Grant = serde_json::from_slice(body).ok()?;
        let text = [grant.token, grant.access_token].into_iter().flatten().find(|text| !text.is_empty())?;
        let life = grant.expires_in.unwrap_or(DEFAULT_LIFE).min(LONGEST_LIFE);
        Some(Self { secret: Secret::new(text), fetched: now, life: Duration::from_secs(life) })
    }

    /// Whether it can be sent with a request now.
    pub(crate) fn is_good(&self, now: SystemTime) -> bool {
        self.age(now) + MARGIN.min(self.life / 4) < self.life
    }

    /// Whether nearly all of its life is left, so that it can be handed on.
    pub(crate) fn is_young(&self, now: SystemTime) -> bool {
        self.age(now) < self.life / 10
    }

    fn age(&self, now: SystemTime) -> Duration {
        // A clock that was set back makes the token's age unknown: fetch another.
        now.duration_since(self.fetched).unwrap_or(self.life)
    }
}

fn is_wanted(place: &Place, now: SystemTime) -> bool {
    match place.try_lock() {
        Ok(token) => token.as_ref().is_some_and(|token| token.is_good(now)),
        Err(_) => true,
    }
}
