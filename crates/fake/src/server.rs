//! One HTTP server of a fake: records, plays faults, and asks the fake for the answer.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use futures::StreamExt as _;
use poem::web::RemoteAddr;
use poem::{Body, Endpoint, Request, Response, Server as PoemServer};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::acceptor::{Connections, CuttingAcceptor};
use crate::answer::respond;
use crate::{Answer, Fault, Faults, Recorded, Recorder};

/// Requests with larger bodies are answered 413.
const BODY_LIMIT: usize = 16 << 20;
/// No fault delays longer than this in real time.
const LONGEST_DELAY: Duration = Duration::from_secs(10);
/// How long answers under way may take once the server is to stop.
const STOP_TIME: Duration = Duration::from_millis(500);

/// What a fake does with a request.
#[async_trait]
pub(crate) trait Service: Send + Sync + 'static {
    async fn answer(&self, request: &Recorded) -> Answer;
}

/// A running server. It stops when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) recorder: Recorder,
    pub(crate) faults: Faults,
    stop: CancellationToken,
    task: Option<tokio::task::JoinHandle<()>>,
}

/// Port 0 of loopback: the system chooses.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 0))
}

/// A bound port that does not answer yet, so that its address can be known before the service is made.
pub(crate) struct Bound {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
}

impl Bound {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn serve(self, service: Arc<dyn Service>) -> Server {
        let (recorder, faults, stop) = (Recorder::default(), Faults::default(), CancellationToken::new());
        let connections = Connections::default();
        let acceptor = CuttingAcceptor::new(self.listener, self.address, connections.clone());
        let front = Front { service, recorder: recorder.clone(), faults: faults.clone(), connections };
        let stopped = stop.clone().cancelled_owned();
        let task = tokio::spawn(async move {
            let server = PoemServer::new_with_acceptor(acceptor);
            if let Err(error) = server.run_with_graceful_shutdown(front, stopped, Some(STOP_TIME)).await {
                tracing::warn!(%error, "a fake server ended");
            }
        });
        Server { address: self.address, recorder, faults, stop, task: Some(task) }
    }
}

impl Server {
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Returns when the port is closed and open answers are finished.
    pub(crate) async fn stop(&mut self) {
        self.stop.cancel();
        if let Some(task) = self.task.take() {
            // It can only fail by a panic, which the runtime has reported.
            let _ = task.await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

struct Front {
    service: Arc<dyn Service>,
    recorder: Recorder,
    faults: Faults,
    connections: Connections,
}

impl Endpoint for Front {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let remote = request.remote_addr().clone();
        let Some(request) = record(request).await else {
            return Ok(Answer::new(413).text("request entity too large").into_response(false));
        };
        let request = Arc::new(request);
        self.recorder.record(Arc::clone(&request));
        Ok(self.respond(&request, &remote).await)
    }
}

impl Front {
    async fn respond(&self, request: &Recorded, remote: &RemoteAddr) -> Response {
        let head = request.method == "HEAD";
        let fault = self.faults.take(request);
        let answer = match &fault {
            Some(Fault::DropBefore) => Answer::hang_up(),
            Some(Fault::Answer(answer)) => answer.clone(),
            _ => self.service.answer(request).await,
        };
        if answer.hang_up || matches!(fault, Some(Fault::DropAfter)) {
            self.connections.cut(remote);
            return Answer::new(500).into_response(true);
        }
        match fault {
            Some(Fault::Truncated) => truncated(answer).into_response(head),
            Some(Fault::BreakMidBody) => broken(answer),
            Some(Fault::Dribble(pause)) => dribbled(answer, pause),
            Some(Fault::Delay(delay)) => {
                tokio::time::sleep(delay.min(LONGEST_DELAY)).await;
                answer.into_response(head)
            }
            _ => answer.into_response(head),
        }
    }
}

async fn record(mut request: Request) -> Option<Recorded> {
    let body = request.take_body().into_bytes_limit(BODY_LIMIT).await.ok()?;
    let uri = request.original_uri();
    let query = uri.query().unwrap_or_default();
    let header = |(name, value): (&poem::http::HeaderName, &poem::http::HeaderValue)| {
        (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned())
    };
    Some(Recorded {
        received_at: SystemTime::now(),
        method: request.method().to_string(),
        path: uri.path().to_owned(),
        query: url::form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        headers: request.headers().iter().map(header).collect(),
        body: body.to_vec(),
    })
}

fn truncated(mut answer: Answer) -> Answer {
    answer.body.truncate(answer.body.len() / 2);
    answer
}

/// Announces all of the body, sends half of it and breaks.
fn broken(answer: Answer) -> Response {
    let length = answer.body.len();
    let half = truncated(answer.clone()).body;
    let cut = io::Error::from(io::ErrorKind::ConnectionReset);
    let body = Body::from_bytes_stream(futures::stream::iter([Ok(half), Err(cut)]));
    respond(answer.status, answer.headers, body, length.max(1))
}

fn dribbled(answer: Answer, pause: Duration) -> Response {
    let length = answer.body.len();
    let pieces: Vec<Vec<u8>> = answer.body.chunks((length / 50).max(1)).map(<[u8]>::to_vec).collect();
    let pause = pause.min(LONGEST_DELAY / 50);
    let stream = futures::stream::iter(pieces).then(move |piece| async move {
        tokio::time::sleep(pause).await;
        Ok::<_, io::Error>(piece)
    });
    respond(answer.status, answer.headers, Body::from_bytes_stream(stream), length)
}
