//! Instances: configured engines.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::auth::Auth;
use crate::health::Health;

/// One configured engine.
#[derive(Debug, Clone, PartialEq)]
pub struct Instance {
    pub id: i64,
    pub name: String,
    /// A vendor of the provider crate's list: `dragonfly`, `kraken`, `mirror`.
    pub vendor: String,
    pub description: String,
    pub endpoint: Url,
    pub auth: Auth,
    /// Accepts any TLS certificate.
    pub insecure_tls: bool,
    pub enabled: bool,
    /// The one for policies that name none; there is one default at most.
    pub is_default: bool,
    pub settings: InstanceSettings,
    /// How many tasks the engine is given at one time.
    pub max_in_flight: i32,
    /// How many tasks are handed to the engine per second; None = no pacing.
    pub submits_per_second: Option<f64>,
    pub health: Option<Health>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// What only some vendors need; each vendor says which of these it knows.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct InstanceSettings {
    /// The registry's address as the nodes see it, for engines whose cache key holds the address (Dragonfly).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registry_url: Option<Url>,
    /// Kraken: `origin`, `prefetch` or `notification`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kraken_mode: Option<KrakenMode>,
    /// Seconds between two looks at a job, 1 to 600, instead of a plan made for Dragonfly's own rhythm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub check_seconds: Option<u32>,
    /// For how many seconds after a proof something counts as warm, 60 to 7,776,000 (90 days), instead of what is
    /// usual for the vendor.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness_seconds: Option<u32>,
}

/// Which of Kraken's entrances a preheat goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KrakenMode {
    /// The origin's prefetch per blob, repeated until it is cached.
    #[default]
    Origin,
    /// The proxy's prefetch: every download was triggered, nothing is known of its end.
    Prefetch,
    /// The proxy's registry notifications: accepted is all it can say.
    Notification,
}

/// Why the tasks of a disabled instance are stopped.
pub fn disabled(name: &str) -> String {
    format!("instance '{name}' is disabled")
}
