//! What every handler works with.

use forewarm_http::Outbound;
use forewarm_store::Store;
use tokio_util::sync::CancellationToken;

use crate::auth::{Gate, Oidc};

/// Cheap to clone.
#[derive(Clone)]
pub struct ApiState {
    pub store: Store,
    /// For pings and previews only: no other request waits for a remote system. Its rules also judge what users enter.
    pub outbound: Outbound,
    /// Cancelled when the process shall end: streams end, and readiness says no.
    pub draining: CancellationToken,
    pub gate: Gate,
    /// Whose tokens are accepted beside our own.
    pub oidc: Option<Oidc>,
}

impl ApiState {
    /// With the usual limits, and without an issuer.
    pub fn new(store: Store, outbound: Outbound, draining: CancellationToken) -> Self {
        Self { store, outbound, draining, gate: Gate::default(), oidc: None }
    }
}
