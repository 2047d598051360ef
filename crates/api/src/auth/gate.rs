//! What the process remembers about those who ask: verified passwords, failures, and how much each asks.

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use poem::http::StatusCode;

use super::failures::Failures;
use super::verified::Verified;
use crate::error::ApiError;

/// Limits of one process.
#[derive(Debug, Clone, Copy)]
pub struct GateSettings {
    /// Requests a second of one caller, over a while; None = unlimited.
    pub requests_per_second: Option<NonZeroU32>,
    /// Failed logins a minute from one address.
    pub failures_per_address: u32,
    /// Failed logins a minute with one name.
    pub failures_per_name: u32,
}

impl Default for GateSettings {
    fn default() -> Self {
        Self { requests_per_second: NonZeroU32::new(100), failures_per_address: 20, failures_per_name: 10 }
    }
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Gate(Arc<Inner>);

struct Inner {
    settings: GateSettings,
    verified: Verified,
    failures: Failures,
    requests: Option<DefaultKeyedRateLimiter<String>>,
}

impl Gate {
    pub fn new(settings: GateSettings) -> Self {
        let requests = settings.requests_per_second.map(|rate| {
            // Ten seconds' worth may come at once: a page of a console or a script's start is a burst.
            let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(9));
            RateLimiter::keyed(Quota::per_second(rate).allow_burst(burst))
        });
        Self(Arc::new(Inner { settings, verified: Verified::new(), failures: Failures::default(), requests }))
    }

    pub fn verified(&self) -> &Verified {
        &self.0.verified
    }

    /// Refuses who failed too often of late, before anything is looked up or computed.
    pub fn may_try(&self, address: Option<&str>, name: Option<&str>) -> Result<(), ApiError> {
        let now = Instant::now();
        let Inner { settings, failures, .. } = &*self.0;
        let by_address =
            address.and_then(|key| failures.wait(&address_key(key), settings.failures_per_address, now));
        let by_name = name.and_then(|key| failures.wait(&name_key(key), settings.failures_per_name, now));
        match by_address.max(by_name) {
            Some(wait) => Err(too_many("too many failed logins from this address or with this name", wait)),
            None => Ok(()),
        }
    }

    pub fn note_failure(&self, address: Option<&str>, name: Option<&str>) {
        let now = Instant::now();
        if let Some(address) = address {
            self.0.failures.note(&address_key(address), now);
        }
        if let Some(name) = name {
            self.0.failures.note(&name_key(name), now);
        }
    }

    /// Refuses who asks too much.
    pub fn may_ask(&self, caller: &str) -> Result<(), ApiError> {
        let Some(requests) = &self.0.requests else {
            return Ok(());
        };
        if requests.len() > 10_000 {
            requests.retain_recent();
        }
        requests.check_key(&caller.to_owned()).map_err(|until| {
            too_many("too many requests", until.wait_time_from(DefaultClock::default().now()))
        })
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new(GateSettings::default())
    }
}

fn address_key(address: &str) -> String {
    format!("address {address}")
}

fn name_key(name: &str) -> String {
    format!("name {name}")
}

fn too_many(what: &str, wait: Duration) -> ApiError {
    let seconds = wait.as_secs() + 1;
    let message = format!("{what}; try again in {seconds} s");
    ApiError { retry_after: Some(seconds), ..ApiError::new(StatusCode::TOO_MANY_REQUESTS, message) }
}
