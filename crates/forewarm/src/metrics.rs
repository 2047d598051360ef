//! A port of its own for what watches a process: metrics and probes.

use std::net::SocketAddr;

use anyhow::Context as _;
use clap::Args;
use forewarm_api::ApiState;
use forewarm_listen::Options;
use poem::EndpointExt as _;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

#[derive(Debug, Clone, Default, Args)]
pub struct MetricsArgs {
    /// Address and port for Prometheus and for probes: /metrics, /livez, /readyz, by plain HTTP and without credentials.
    /// Metrics name instances, registries, projects and policies. Without it there is no such port; a server's own port
    /// answers /metrics to system administrators.
    #[arg(long, env = "FOREWARM_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
}

impl MetricsArgs {
    /// Opens the port, if there shall be one.
    pub async fn listen(&self) -> anyhow::Result<Option<TcpListener>> {
        let Some(address) = self.metrics_listen else { return Ok(None) };
        let listener = TcpListener::bind(address).await.with_context(|| {
            format!(
                "cannot listen on {address}; choose another with --metrics-listen or FOREWARM_METRICS_LISTEN"
            )
        })?;
        Ok(Some(listener))
    }
}

/// Answers there until the process ends, also while it drains.
pub fn serve(listener: Option<TcpListener>, state: ApiState) {
    let Some(listener) = listener else { return };
    if let Ok(address) = listener.local_addr() {
        tracing::info!(%address, "metrics and probes");
    }
    let probes = forewarm_api::probes(state).boxed();
    tokio::spawn(forewarm_listen::serve(listener, probes, Options::default(), CancellationToken::new()));
}
