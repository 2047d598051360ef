//! What a look at a registry or an engine found.

use std::time::Instant;

use chrono::{DateTime, Utc};
use forewarm_domain::task_log::printable;
use poem_openapi::Object;

/// What a look at a registry or an engine found.
#[derive(Object)]
#[oai(rename = "Ping")]
pub struct PingView {
    pub healthy: bool,
    /// What answered, or why it is not healthy.
    pub reason: String,
    pub latency_ms: i64,
    pub checked_at: DateTime<Utc>,
}

impl PingView {
    pub fn new(answer: Result<String, String>, start: Instant, checked_at: DateTime<Utc>) -> Self {
        let healthy = answer.is_ok();
        let (Ok(reason) | Err(reason)) = answer;
        Self {
            healthy,
            reason: printable(&reason),
            latency_ms: i64::try_from(start.elapsed().as_millis()).unwrap_or(i64::MAX),
            checked_at,
        }
    }
}
