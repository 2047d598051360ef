//! Names that lead where a test says, one answer after the other, and listeners that count who comes.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use forewarm_http::guard::Names;
use forewarm_http::{HttpError, Options, Outbound, Rules};
use reqwest::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

/// Every name leads to the first answer, later to the second, and so on; the last one stays.
#[derive(Debug, Clone)]
pub struct Script {
    answers: Arc<Mutex<Vec<Vec<SocketAddr>>>>,
    questions: Arc<Mutex<Vec<String>>>,
}

impl Script {
    pub fn of(answers: &[&[&str]]) -> Self {
        let address = |text: &&str| SocketAddr::new(text.parse().unwrap(), 0);
        let answers = answers.iter().map(|answer| answer.iter().map(address).collect());
        Self { answers: Arc::new(Mutex::new(answers.collect())), questions: Arc::default() }
    }

    /// The names that were asked for.
    pub fn questions(&self) -> Vec<String> {
        self.questions.lock().unwrap().clone()
    }

    /// Clients that resolve names by this.
    pub fn outbound(&self, rules: Rules) -> Outbound {
        Outbound::with(Options { rules: Some(rules), names: Arc::new(self.clone()), ..Options::default() })
    }
}

#[async_trait]
impl Names for Script {
    async fn addresses(&self, host: &str) -> io::Result<Vec<SocketAddr>> {
        self.questions.lock().unwrap().push(host.to_owned());
        let mut answers = self.answers.lock().unwrap();
        Ok(if answers.len() > 1 { answers.remove(0) } else { answers[0].clone() })
    }
}

/// Says 204 to whoever comes, and closes.
#[derive(Debug)]
pub struct Listener {
    pub port: u16,
    connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Listener {
    pub async fn at(address: &str) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let connections = Arc::new(AtomicUsize::new(0));
        let task = tokio::spawn(serve(listener, connections.clone()));
        Self { port, connections, task }
    }

    pub fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn serve(listener: TcpListener, connections: Arc<AtomicUsize>) {
    while let Ok((mut socket, _)) = listener.accept().await {
        connections.fetch_add(1, Ordering::SeqCst);
        let _ = socket.read(&mut [0; 4096]).await;
        let _ = socket.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// The status of a GET.
pub async fn get(outbound: &Outbound, url: &str) -> Result<u16, HttpError> {
    let url = url.parse().unwrap();
    let sent = outbound.client(false).request(Method::GET, &url)?.send().await;
    Ok(sent.map_err(|error| HttpError::from_reqwest(&error, &url))?.status().as_u16())
}
