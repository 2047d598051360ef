//! Registries: where artifacts live.

use chrono::{DateTime, Utc};
use url::Url;

use crate::Secret;
use crate::auth::Auth;
use crate::health::Health;

/// One configured registry.
#[derive(Debug, Clone, PartialEq)]
pub struct Registry {
    pub id: i64,
    pub name: String,
    /// A kind of the registry crate's list, for example `oci`.
    pub kind: String,
    pub description: String,
    /// Scheme, host and port; a path only where the registry sits behind one.
    pub url: Url,
    pub auth: Auth,
    /// Accepts any TLS certificate.
    pub insecure_tls: bool,
    /// Repositories to look at where the registry has no catalog; empty = ask its catalog.
    pub repositories: Vec<String>,
    /// What senders of events prove themselves with; any of them will do, so that they can be changed one by one.
    pub event_secrets: Vec<Secret>,
    /// Seconds between two looks for what changed; None = it is not watched.
    pub watch_interval_seconds: Option<i32>,
    pub health: Option<Health>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
