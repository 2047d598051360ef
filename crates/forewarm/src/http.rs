//! How the server meets its clients: TLS, proxies before it, other sites, limits.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use forewarm_api::{Exposure, Origin, Times};
use forewarm_listen::{Certificates, Limits, Options};
use ipnet::IpNet;

/// How often the certificate's files are looked at.
const LOOK_AT_CERTIFICATE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "HTTP")]
pub struct HttpArgs {
    /// File with the server's certificate and those between it and a known authority, in PEM. With it and --tls-key the
    /// server speaks https only. Both files are read anew when they change; broken ones change nothing.
    #[arg(long, env = "FOREWARM_TLS_CERTIFICATE", value_name = "FILE", requires = "tls_key")]
    pub tls_certificate: Option<PathBuf>,

    /// File with the private key of the certificate, in PEM.
    #[arg(long, env = "FOREWARM_TLS_KEY", value_name = "FILE", requires = "tls_certificate")]
    pub tls_key: Option<PathBuf>,

    /// Network of a proxy before the server, whose X-Forwarded-For is believed; again or with commas for more. The
    /// client is the right-most address there that is in none of these networks.
    #[arg(long, env = "FOREWARM_TRUSTED_PROXY", value_name = "NETWORK", value_delimiter = ',', value_parser = network)]
    pub trusted_proxy: Vec<IpNet>,

    /// Another site whose pages may call the API, like https://console.example.com; again or with commas for more.
    #[arg(long, env = "FOREWARM_CORS_ORIGIN", value_name = "ORIGIN", value_delimiter = ',')]
    pub cors_origin: Vec<Origin>,

    /// Connections at one time; more wait until one ends.
    #[arg(long, env = "FOREWARM_MAX_CONNECTIONS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub max_connections: u32,

    /// Seconds that a request's body may take to arrive, and then its answer to begin. Pings and previews get six times
    /// as long.
    #[arg(long, env = "FOREWARM_REQUEST_SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub request_seconds: u64,
}

impl HttpArgs {
    /// What the demo uses, which is for one user on one machine.
    pub fn local() -> Self {
        Self {
            tls_certificate: None,
            tls_key: None,
            trusted_proxy: Vec::new(),
            cors_origin: Vec::new(),
            max_connections: 1000,
            request_seconds: 30,
        }
    }

    pub fn exposure(&self) -> Exposure {
        Exposure {
            trusted_proxies: self.trusted_proxy.clone(),
            cors_origins: self.cors_origin.clone(),
            https: self.tls_certificate.is_some(),
            times: Times::of(Duration::from_secs(self.request_seconds)),
        }
    }

    /// Reads the certificate, too, and goes on looking at its files.
    pub async fn options(&self) -> anyhow::Result<Options> {
        let limits = Limits { connections: self.max_connections as usize, ..Limits::default() };
        let (Some(certificate), Some(key)) = (&self.tls_certificate, &self.tls_key) else {
            return Ok(Options { limits, certificates: None });
        };
        let certificates = Certificates::load(certificate, key).await;
        let certificates = Arc::new(certificates.context("--tls-certificate and --tls-key cannot be used")?);
        let followed = certificates.clone();
        tokio::spawn(async move { followed.follow(LOOK_AT_CERTIFICATE).await });
        Ok(Options { limits, certificates: Some(certificates) })
    }
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let text = text.trim();
    let address = || text.parse::<std::net::IpAddr>().map(IpNet::from);
    let network = text.parse::<IpNet>().or_else(|_| address());
    network.map_err(|_| "must be a network like 10.0.0.0/8, or an address".to_owned())
}
