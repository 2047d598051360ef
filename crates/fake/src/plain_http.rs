//! The client with which fakes ask other fakes. It shares nothing with the clients that are under test.

use std::sync::OnceLock;
use std::time::Duration;

use reqwest::Client;

/// Every kind of manifest, as an `Accept`.
pub(crate) const MANIFEST_TYPES: &str = "application/vnd.docker.distribution.manifest.v2+json, \
    application/vnd.docker.distribution.manifest.list.v2+json, \
    application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json";

const TIMEOUT: Duration = Duration::from_secs(60);

/// One client for all fakes. It keeps no connections: each test has a runtime of its own, and takes it along.
pub(crate) fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| {
        // A second call finds the provider installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let builder = Client::builder().no_proxy().timeout(TIMEOUT).pool_max_idle_per_host(0);
        builder.build().expect("the TLS backend starts")
    })
}
