//! What a look at a registry or an engine found.

use std::time::Instant;

use chrono::{DateTime, Utc};
use forewarm_domain::health::Health;
use poem_openapi::{Enum, Object};

use crate::state::ApiState;

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

/// Waits for `ping`, for as long as its own limits allow, and says what came of it.
pub async fn look(state: &ApiState, ping: impl Future<Output = Result<String, String>>) -> Health {
    let start = Instant::now();
    let answer = ping.await;
    Health::found(answer, start.elapsed(), state.store.clock().local())
}

impl From<Health> for PingView {
    fn from(health: Health) -> Self {
        Self {
            healthy: health.healthy,
            reason: health.reason,
            latency_ms: health.latency_ms,
            checked_at: health.checked_at,
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
pub enum HealthStatus {
    Healthy,
    Unhealthy,
    /// Nobody has looked since it was created or last changed.
    Unknown,
}

impl HealthStatus {
    pub fn of(healthy: bool) -> Self {
        if healthy { Self::Healthy } else { Self::Unhealthy }
    }
}

impl From<Option<Health>> for HealthView {
    fn from(health: Option<Health>) -> Self {
        match health {
            Some(health) => Self {
                status: HealthStatus::of(health.healthy),
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
