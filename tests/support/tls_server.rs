//! A server with a certificate that nobody signed but itself, and one answer to everything.

use std::net::SocketAddr;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// A running server. It stops when dropped.
pub struct TlsServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl TlsServer {
    /// Answers like a registry's `/v2/`.
    pub async fn registry() -> Self {
        let head = "docker-distribution-api-version: registry/2.0\r\nconnection: close";
        Self::start(format!("HTTP/1.1 200 OK\r\n{head}\r\ncontent-length: 2\r\n\r\n{{}}")).await
    }

    /// Takes the request, then closes the connection without a word, even of TLS.
    pub async fn rude() -> Self {
        Self::start(String::new()).await
    }

    pub fn url(&self) -> String {
        format!("https://localhost:{}", self.address.port())
    }

    async fn start(answer: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config()));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(acceptor.clone(), stream, answer.clone()));
            }
        });
        Self { address, task }
    }
}

impl Drop for TlsServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn config() -> ServerConfig {
    let pair = rcgen::KeyPair::generate().unwrap();
    let names = vec!["localhost".to_owned()];
    let certificate = rcgen::CertificateParams::new(names).unwrap().self_signed(&pair).unwrap();
    let chain: Vec<CertificateDer<'static>> = vec![certificate.der().clone()];
    let key = PrivateKeyDer::try_from(pair.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    builder.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap()
}

async fn serve(acceptor: TlsAcceptor, stream: TcpStream, answer: String) {
    // A client that does not trust us goes away in the middle of the handshake.
    let Ok(mut stream) = acceptor.accept(stream).await else { return };
    let mut request = Vec::new();
    while !request.windows(4).any(|end| end == b"\r\n\r\n") {
        if stream.read_buf(&mut request).await.unwrap_or(0) == 0 {
            return;
        }
    }
    if !answer.is_empty() {
        let _ = stream.write_all(answer.as_bytes()).await;
        let _ = stream.shutdown().await;
    }
}
