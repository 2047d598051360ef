//! Makes HTTP clients, with the timeouts and rules that hold for every outbound request.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use url::Url;

use crate::clock::{Clock, SystemClock};
use crate::slots::{Slot, Slots};

/// How long a connection may take to come about, TLS included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long the other side may say nothing in the middle of an answer.
const READ_TIMEOUT: Duration = Duration::from_secs(60);

/// The clients of this process; cheap to clone, connections are shared.
///
/// Redirects are never followed by themselves: an engine's endpoint that redirects is not the engine, and a
/// registry's redirect must not take credentials to another host (CVE-2020-15157).
#[derive(Debug, Clone)]
pub struct Outbound {
    verifying: reqwest::Client,
    trusting: reqwest::Client,
    patient_verifying: reqwest::Client,
    patient_trusting: reqwest::Client,
    slots: Slots,
    blob_slots: Slots,
    clock: Arc<dyn Clock>,
}

impl Outbound {
    /// Panics when the TLS backend cannot start, which no caller could mend.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// With a clock of the caller's, so that a test decides how long waiting takes.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        // A second call finds the provider installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            verifying: build(false, Some(READ_TIMEOUT)),
            trusting: build(true, Some(READ_TIMEOUT)),
            patient_verifying: build(false, None),
            patient_trusting: build(true, None),
            slots: Slots::for_requests(),
            blob_slots: Slots::for_blobs(),
            clock,
        }
    }

    /// `insecure_tls` accepts any certificate; only for what its user marked so.
    pub fn client(&self, insecure_tls: bool) -> &reqwest::Client {
        if insecure_tls { &self.trusting } else { &self.verifying }
    }

    /// For calls whose answer is long in coming (a Dragonfly manager reads the manifest before it answers): silence is
    /// not limited, so every request must set a timeout of its own.
    pub fn patient(&self, insecure_tls: bool) -> &reqwest::Client {
        if insecure_tls { &self.patient_trusting } else { &self.patient_verifying }
    }

    /// Waits until fewer than the permitted number of requests to this host are under way.
    pub(crate) async fn slot(&self, url: &Url) -> Slot {
        self.slots.take(url).await
    }

    /// Waits until fewer than the permitted number of blobs are read from this host.
    pub(crate) async fn blob_slot(&self, url: &Url) -> Slot {
        self.blob_slots.take(url).await
    }

    pub(crate) fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

impl Default for Outbound {
    fn default() -> Self {
        Self::new()
    }
}

fn build(insecure_tls: bool, read_timeout: Option<Duration>) -> reqwest::Client {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("forewarm/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .no_proxy()
        .tls_danger_accept_invalid_certs(insecure_tls);
    if let Some(limit) = read_timeout {
        builder = builder.read_timeout(limit);
    }
    builder.build().expect("the TLS backend starts")
}
