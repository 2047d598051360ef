//! Settings that work and are dangerous.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use forewarm_domain::auth::Auth;
use forewarm_store::{Store, StoreError};
use url::Url;

use super::findings::Findings;

const CHECK: &str = "settings";

/// How the server is reached, as it is told to `forewarm serve`.
#[derive(Debug, Clone, Args)]
pub struct FrontArgs {
    /// Address and port that the server listens on.
    #[arg(long, env = "FOREWARM_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,

    /// File with the server's certificate, if it speaks https.
    #[arg(long, env = "FOREWARM_TLS_CERTIFICATE", value_name = "FILE")]
    tls_certificate: Option<PathBuf>,

    /// Networks of the proxies before the server, if there are any.
    #[arg(long, env = "FOREWARM_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',')]
    trusted_proxy: Vec<String>,
}

pub fn look_at_front(front: &FrontArgs, findings: &mut Findings) {
    let is_plain = front.tls_certificate.is_none() && front.trusted_proxy.is_empty();
    if is_plain && !front.listen.ip().is_loopback() {
        let message = format!(
            "the server listens on {} by plain http: passwords and tokens can be read on the way; give it a certificate \
             (--tls-certificate), or name the proxy that has one (--trusted-proxy)",
            front.listen
        );
        findings.warning(CHECK, message);
    }
}

/// What was entered with instances and registries.
pub async fn look_at_rows(store: &Store, findings: &mut Findings) -> Result<(), StoreError> {
    for instance in store.instances().all().await? {
        let what = format!("instance {}", instance.name);
        look_at_connection(&what, &instance.endpoint, &instance.auth, instance.insecure_tls, findings);
    }
    for registry in store.registries().all().await? {
        let what = format!("registry {}", registry.name);
        look_at_connection(&what, &registry.url, &registry.auth, registry.insecure_tls, findings);
    }
    Ok(())
}

fn look_at_connection(what: &str, url: &Url, auth: &Auth, insecure_tls: bool, findings: &mut Findings) {
    if insecure_tls {
        findings.warning(
            CHECK,
            format!("{what} accepts any certificate (insecure_tls): whoever is between can read all"),
        );
    }
    let is_open = url.scheme() == "http" && !is_here(url);
    if is_open && !matches!(auth, Auth::None) {
        findings.warning(CHECK, format!("{what} gets our credentials by plain http"));
    }
}

fn is_here(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
