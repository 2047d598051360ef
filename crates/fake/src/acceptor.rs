//! Accepts connections that can be cut from the inside: HTTP libraries have no answer that is no answer.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};

use poem::Addr;
use poem::http::uri::Scheme;
use poem::listener::Acceptor;
use poem::web::{LocalAddr, RemoteAddr};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

use crate::lock;

/// The open connections by the address of their other end.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connections(Arc<Mutex<HashMap<SocketAddr, Arc<AtomicBool>>>>);

impl Connections {
    /// From now on nothing more is written to this connection; the server closes it.
    pub(crate) fn cut(&self, remote: &RemoteAddr) {
        if let Addr::SocketAddr(remote) = remote.0
            && let Some(cut) = lock(&self.0).get(&remote)
        {
            cut.store(true, Ordering::SeqCst);
        }
    }
}

pub(crate) struct CuttingAcceptor {
    listener: TcpListener,
    local: SocketAddr,
    connections: Connections,
}

impl CuttingAcceptor {
    pub(crate) fn new(listener: TcpListener, local: SocketAddr, connections: Connections) -> Self {
        Self { listener, local, connections }
    }
}

impl Acceptor for CuttingAcceptor {
    type Io = Connection;

    fn local_addr(&self) -> Vec<LocalAddr> {
        vec![LocalAddr(Addr::SocketAddr(self.local))]
    }

    async fn accept(&mut self) -> io::Result<(Connection, LocalAddr, RemoteAddr, Scheme)> {
        let (stream, remote) = self.listener.accept().await?;
        stream.set_nodelay(true)?;
        let cut = Arc::new(AtomicBool::new(false));
        lock(&self.connections.0).insert(remote, Arc::clone(&cut));
        let connection = Connection { stream, cut, remote, connections: self.connections.clone() };
        Ok((
            connection,
            LocalAddr(Addr::SocketAddr(self.local)),
            RemoteAddr(Addr::SocketAddr(remote)),
            Scheme::HTTP,
        ))
    }
}

pub(crate) struct Connection {
    stream: TcpStream,
    cut: Arc<AtomicBool>,
    remote: SocketAddr,
    connections: Connections,
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.connections.0).remove(&self.remote);
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if self.cut.load(Ordering::SeqCst) {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
