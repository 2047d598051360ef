//! What a look at a registry or an engine found.

use std::time::Instant;

use chrono::{DateTime, Utc};
use forewarm_domain::instance::Health;
use forewarm_domain::task_log::printable;
use poem_openapi::{Enum, Object};

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

/// The last look at it.
#[derive(Object)]
#[oai(rename = "Health", skip_serializing_if_is_none)]
pub struct HealthView {
    status: HealthStatus,
    /// What answered, or why it is not healthy.
    reason: String,
    latency_ms: Option<i64>,
    checked_at: Option<DateTime<Utc>>,
}

#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename_all = "snake_case")]
enum HealthStatus {
    Healthy,
    Unhealthy,
    /// Nobody has looked since it was created or last changed.
    Unknown,
}

impl From<Option<Health>> for HealthView {
    fn from(health: Option<Health>) -> Self {
        match health {
            Some(health) => Self {
                status: if health.healthy { HealthStatus::Healthy } else { HealthStatus::Unhealthy },
                reason: health.reason,
                latency_ms: Some(health.latency_ms),
                checked_at: Some(health.checked_at),
            },
            None => Self {
                status: HealthStatus::Unknown,
                reason: "nobody has looked yet".to_owned(),
                latency_ms: None,
                checked_at: None,
            },
        }
    }
}
