//! A reverse proxy that passes everything on and remembers what was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Body, Endpoint, Request, Response, Server};
use tokio::task::JoinHandle;

use super::client::client;

/// A running proxy in front of one server. It stops when dropped.
#[derive(Debug)]
pub struct CountingProxy {
    address: SocketAddr,
    requests: Requests,
    task: JoinHandle<()>,
}

/// Method and path of each request, counted when it comes in: whoever has an answer is counted already.
type Requests = Arc<Mutex<Vec<(String, String)>>>;

impl CountingProxy {
    /// `target` is `host:port`.
    pub async fn start(target: &str) -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let requests = Requests::default();
        let front =
            Front { target: format!("http://{target}"), requests: requests.clone(), client: client() };
        let task = tokio::spawn(async move { Server::new_with_acceptor(acceptor).run(front).await.unwrap() });
        Self { address, requests, task }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn requests(&self) -> Vec<(String, String)> {
        self.requests.lock().unwrap().clone()
    }

    pub fn reset(&self) {
        self.requests.lock().unwrap().clear();
    }
}

impl Drop for CountingProxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Front {
    target: String,
    requests: Requests,
    client: reqwest::Client,
}

impl Endpoint for Front {
    type Output = Response;

    async fn call(&self, mut request: Request) -> poem::Result<Response> {
        let path = request.original_uri().path_and_query().unwrap().to_string();
        let method = request.method().clone();
        self.requests.lock().unwrap().push((method.to_string(), path.clone()));
        let mut headers = request.headers().clone();
        // The encoding stays the server's: what passes through is not touched.
        headers.entry("accept-encoding").or_insert_with(|| "identity".parse().unwrap());
        let body = request.take_body().into_bytes().await?;
        let asked = self.client.request(method, format!("{}{path}", self.target)).headers(headers).body(body);
        let answer = asked.send().await.map_err(poem::error::BadGateway)?;
        let mut response = Response::builder().status(answer.status()).finish();
        *response.headers_mut() = answer.headers().clone();
        response.headers_mut().remove("transfer-encoding");
        response.set_body(Body::from_bytes_stream(futures::TryStreamExt::map_err(
            answer.bytes_stream(),
            std::io::Error::other,
        )));
        Ok(response)
    }
}
