//! An HTTP client that shares nothing with the ones under test.

use std::sync::LazyLock;

use reqwest::Client;
use reqwest::redirect::Policy;

/// Follows no redirects, uses no proxy and keeps no connections: those would die with the test's runtime.
pub fn client() -> Client {
    CLIENT.clone()
}

/// Making one reads all the system's certificates, which takes longer than most tests.
static CLIENT: LazyLock<Client> = LazyLock::new(|| {
    // A second call finds the provider installed already, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let builder = Client::builder().no_proxy().redirect(Policy::none());
    builder.pool_max_idle_per_host(0).build().unwrap()
});
