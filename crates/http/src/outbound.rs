//! Makes HTTP clients, with the timeouts and rules that hold for every outbound request.

use std::sync::Arc;
use std::time::Duration;

use reqwest::redirect::Policy;
use url::Url;

use crate::client::Client;
use crate::clock::{Clock, SystemClock};
use crate::guard::{GuardedNames, Names, Refusal, Rules, SystemNames};
use crate::proxies;
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
    verifying: Client,
    trusting: Client,
    patient_verifying: Client,
    patient_trusting: Client,
    rules: Option<Arc<Rules>>,
    slots: Slots,
    blob_slots: Slots,
    clock: Arc<dyn Clock>,
}

/// How clients are made.
#[derive(Debug, Clone)]
pub struct Options {
    /// Which addresses may be connected to; None: all.
    pub rules: Option<Rules>,
    /// Whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY count. A proxy resolves names itself: the rules then see
    /// names and addresses as they stand in URLs, and the rest is the proxy's business.
    pub proxies: bool,
    /// Tests give one of their own, which decides how long waiting takes.
    pub clock: Arc<dyn Clock>,
    /// How names are resolved.
    pub names: Arc<dyn Names>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            rules: Some(Rules::default()),
            proxies: false,
            clock: Arc::new(SystemClock),
            names: Arc::new(SystemNames),
        }
    }
}

impl Outbound {
    /// For whatever users configure: engines, registries and where those lead.
    pub fn new(rules: Rules) -> Self {
        Self::with(Options { rules: Some(rules), ..Options::default() })
    }

    /// For addresses that whoever runs this program chose: no rules.
    pub fn unguarded() -> Self {
        Self::with(Options { rules: None, ..Options::default() })
    }

    /// Panics when the TLS backend cannot start, which no caller could mend.
    pub fn with(options: Options) -> Self {
        // A second call finds the provider installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let rules = options.rules.map(Arc::new);
        let exempt = if options.proxies { proxies::hosts() } else { Vec::new() };
        let names = Arc::new(GuardedNames { names: options.names, rules: rules.clone(), exempt });
        let client = |insecure_tls, read_timeout| {
            let builder = builder(insecure_tls, read_timeout, options.proxies).dns_resolver(names.clone());
            Client::new(builder.build().expect("the TLS backend starts"), rules.clone())
        };
        Self {
            verifying: client(false, Some(READ_TIMEOUT)),
            trusting: client(true, Some(READ_TIMEOUT)),
            patient_verifying: client(false, None),
            patient_trusting: client(true, None),
            rules: rules.clone(),
            slots: Slots::for_requests(),
            blob_slots: Slots::for_blobs(),
            clock: options.clock,
        }
    }

    /// Whether the address can be connected to at all, as far as the URL itself shows; see [`Rules::judge`].
    pub fn judge(&self, url: &Url) -> Result<(), Refusal> {
        self.rules.as_ref().map_or(Ok(()), |rules| rules.judge(url))
    }

    /// `insecure_tls` accepts any certificate; only for what its user marked so.
    pub fn client(&self, insecure_tls: bool) -> &Client {
        if insecure_tls { &self.trusting } else { &self.verifying }
    }

    /// For calls whose answer is long in coming (a Dragonfly manager reads the manifest before it answers): silence is
    /// not limited, so every request must set a timeout of its own.
    pub fn patient(&self, insecure_tls: bool) -> &Client {
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

    /// The time that outbound requests live in.
    pub fn clock(&self) -> &dyn Clock {
        self.clock.as_ref()
    }
}

fn builder(insecure_tls: bool, read_timeout: Option<Duration>, proxies: bool) -> reqwest::ClientBuilder {
    let mut builder = reqwest::Client::builder()
        .user_agent(concat!("forewarm/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .redirect(Policy::none())
        .tls_danger_accept_invalid_certs(insecure_tls);
    if !proxies {
        builder = builder.no_proxy();
    }
    if let Some(limit) = read_timeout {
        builder = builder.read_timeout(limit);
    }
    builder
}
