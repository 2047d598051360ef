//! One connection, from its handshake to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulConnection;
use poem::endpoint::BoxEndpoint;
use poem::http::uri::Scheme;
use poem::web::{LocalAddr, RemoteAddr};
use poem::{Addr, Endpoint as _, Request, Response};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::accept::Visitor;
use crate::activity::{Activity, Watched};
use crate::server::Options;

/// Requests at one time on one HTTP/2 connection.
const STREAMS: u32 = 100;
/// How often an HTTP/2 client is asked whether it is still there, and how long it may take to say so.
const ARE_YOU_THERE: Duration = Duration::from_secs(20);

/// What all connections share.
pub(crate) struct Host {
    endpoint: BoxEndpoint<'static, Response>,
    options: Options,
    /// Connections end when they have answered what they were asked.
    stop: CancellationToken,
    /// Connections end.
    cut_off: CancellationToken,
}

/// Who talks with whom.
#[derive(Clone)]
struct Ends {
    local: LocalAddr,
    remote: RemoteAddr,
    scheme: Scheme,
}

impl Host {
    pub(crate) fn new(
        endpoint: BoxEndpoint<'static, Response>,
        options: Options,
        stop: CancellationToken,
    ) -> Self {
        Self { endpoint, options, stop, cut_off: CancellationToken::new() }
    }

    pub(crate) fn cut_off(&self) {
        self.cut_off.cancel();
    }

    pub(crate) async fn receive(self: Arc<Self>, visitor: Visitor) {
        let address = visitor.address;
        // Whoever is gone already has no address either.
        let Ok(local) = visitor.socket.local_addr() else { return };
        // Answers are written in one piece; waiting for more only delays them.
        let _ = visitor.socket.set_nodelay(true);
        let Some(certificates) = &self.options.certificates else {
            return self.clone().http1(visitor.socket, Ends::new(local, address, Scheme::HTTP)).await;
        };
        let ends = Ends::new(local, address, Scheme::HTTPS);
        let handshake = TlsAcceptor::from(certificates.current()).accept(visitor.socket);
        let handshake = timeout(self.options.limits.handshake, self.stop.run_until_cancelled(handshake));
        match handshake.await {
            Ok(Some(Ok(socket))) if socket.get_ref().1.alpn_protocol() == Some(b"h2") => {
                self.clone().http2(socket, ends).await;
            }
            Ok(Some(Ok(socket))) => self.clone().http1(socket, ends).await,
            Ok(Some(Err(error))) => tracing::debug!(%address, %error, "the TLS handshake failed"),
            Ok(None) => {}
            Err(_) => tracing::debug!(%address, "the TLS handshake took too long"),
        }
    }

    async fn http1<S>(self: Arc<Self>, socket: S, ends: Ends)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Activity::begin();
        let limits = &self.options.limits;
        let mut protocol = http1::Builder::new();
        // The watch over the connection's activity does this and more.
        protocol.header_read_timeout(None);
        protocol.max_headers(limits.headers).max_header_size(limits.head_bytes as usize);
        let socket = TokioIo::new(Watched::new(socket, activity.clone()));
        let (host, noted) = (self.clone(), activity.clone());
        let answer = service_fn(move |request| host.clone().answer(request, ends.clone(), noted.clone()));
        self.watch(protocol.serve_connection(socket, answer), &activity, true).await;
    }

    async fn http2<S>(self: Arc<Self>, socket: S, ends: Ends)
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
    {
        let activity = Activity::begin();
        let mut protocol = http2::Builder::new(TokioExecutor::new());
        protocol.timer(TokioTimer::new()).max_concurrent_streams(STREAMS);
        protocol.keep_alive_interval(ARE_YOU_THERE).keep_alive_timeout(ARE_YOU_THERE);
        protocol.max_header_list_size(self.options.limits.head_bytes);
        let socket = TokioIo::new(Watched::new(socket, activity.clone()));
        let (host, noted) = (self.clone(), activity.clone());
        let answer = service_fn(move |request| host.clone().answer(request, ends.clone(), noted.clone()));
        self.watch(protocol.serve_connection(socket, answer), &activity, false).await;
    }

    async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
        ends: Ends,
        activity: Activity,
    ) -> Result<hyper::Response<impl hyper::body::Body<Data: Send, Error = std::io::Error>>, Infallible> {
        let _working = activity.request();
        let request = Request::from((request, ends.local, ends.remote, ends.scheme));
        Ok(hyper::Response::from(self.endpoint.get_response(request).await))
    }

    /// Lets the connection go on until it ends, is overdue, or the server stops.
    async fn watch(&self, connection: impl GracefulConnection, activity: &Activity, counts_heads: bool) {
        let mut connection = pin!(connection);
        let overdue = activity.overdue(&self.options.limits, counts_heads);
        let mut overdue = pin!(overdue);
        let mut is_stopping = false;
        loop {
            tokio::select! {
                // Clients go away as they like: their errors are not ours.
                _ = connection.as_mut() => return,
                reason = overdue.as_mut() => return tracing::debug!(?reason, "a connection was cut off"),
                () = self.cut_off.cancelled() => return,
                () = self.stop.cancelled(), if !is_stopping => {
                    is_stopping = true;
                    connection.as_mut().graceful_shutdown();
                }
            }
        }
    }
}

impl Ends {
    fn new(local: SocketAddr, remote: SocketAddr, scheme: Scheme) -> Self {
        Self { local: LocalAddr(Addr::from(local)), remote: RemoteAddr(Addr::from(remote)), scheme }
    }
}
