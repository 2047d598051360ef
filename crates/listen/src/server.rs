//! The loop that takes connections in, and its end.

use std::sync::Arc;

use poem::Response;
use poem::endpoint::BoxEndpoint;
use tokio::net::TcpListener;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::Door;
use crate::certificates::Certificates;
use crate::connection::Host;
use crate::limits::Limits;

/// How connections are served.
#[derive(Debug, Clone, Default)]
pub struct Options {
    pub limits: Limits,
    /// None: plain HTTP.
    pub certificates: Option<Arc<Certificates>>,
}

/// Serves until `stop`, and then what is under way, for as long as the limits allow.
pub async fn serve(
    listener: TcpListener,
    endpoint: BoxEndpoint<'static, Response>,
    options: Options,
    stop: CancellationToken,
) {
    let limits = options.limits;
    let host = Arc::new(Host::new(endpoint, options, stop.clone()));
    let mut door = Door::new(listener, limits.connections);
    let connections = TaskTracker::new();
    while let Some(Some(visitor)) = stop.run_until_cancelled(door.next()).await {
        connections.spawn(host.clone().receive(visitor));
    }
    // Who comes now is turned away at once.
    drop(door);
    connections.close();
    if timeout(limits.drain, connections.wait()).await.is_err() {
        tracing::warn!(connections = connections.len(), "requests are still under way; they are cut off");
        host.cut_off();
        connections.wait().await;
    }
}
