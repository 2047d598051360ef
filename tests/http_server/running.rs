//! A server with the API's layers around a test's own routes.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use forewarm_api::{Exposure, Times};
use forewarm_listen::{Limits, Options};
use futures::stream;
use poem::endpoint::{make, make_sync};
use poem::{Body, EndpointExt, Request, Response, Route};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Short enough for a test, and much shorter than what must not happen.
pub const SOON: Duration = Duration::from_millis(200);
/// Longer than any test.
pub const NEVER: Duration = Duration::from_secs(600);

pub struct Running {
    pub address: SocketAddr,
    pub stop: CancellationToken,
    pub task: JoinHandle<()>,
    pub signs: Signs,
}

/// What a test and the routes tell each other.
#[derive(Clone)]
pub struct Signs {
    /// A request for `/api/v1/wait` adds one when it has arrived.
    pub arrived: Arc<Semaphore>,
    /// Then it waits for one of these.
    pub released: Arc<Semaphore>,
    /// A stream of `/api/v1/endless` adds one when it is dropped.
    pub dropped: Arc<Semaphore>,
}

/// Limits that are never reached; a test sets the one that it is about.
pub fn limits() -> Limits {
    Limits { handshake: NEVER, head: NEVER, silence: NEVER, drain: NEVER, ..Limits::default() }
}

pub fn times() -> Times {
    Times { body: NEVER, answer: NEVER, remote: NEVER }
}

impl Running {
    pub async fn with_limits(limits: Limits) -> Self {
        let options = Options { limits, certificates: None };
        Self::start(Exposure { times: times(), ..Exposure::default() }, options).await
    }

    pub async fn with_times(times: Times) -> Self {
        let options = Options { limits: limits(), certificates: None };
        Self::start(Exposure { times, ..Exposure::default() }, options).await
    }

    pub async fn start(exposure: Exposure, options: Options) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let none = || Arc::new(Semaphore::new(0));
        let signs = Signs { arrived: none(), released: none(), dropped: none() };
        let app = forewarm_api::around(routes(&signs), exposure);
        let stop = CancellationToken::new();
        let served = forewarm_listen::serve(listener, app.map_to_response().boxed(), options, stop.clone());
        Self { address, stop, task: tokio::spawn(served), signs }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn routes(signs: &Signs) -> Route {
    let (waiting, streaming) = (signs.clone(), signs.clone());
    let wait = move |_: Request| {
        let signs = waiting.clone();
        async move {
            signs.arrived.add_permits(1);
            signs.released.acquire().await.unwrap().forget();
            "done"
        }
    };
    let endless = move |_: Request| {
        let held = Held(streaming.dropped.clone());
        let chunk = vec![b'x'; 64 * 1024];
        Body::from_bytes_stream(stream::repeat_with(move || {
            let _held = &held;
            Ok::<_, std::io::Error>(chunk.clone())
        }))
    };
    Route::new()
        .at("/api/v1/fine", make_sync(|_| "fine"))
        .at("/api/v1/panic", make_sync(|_| -> Response { panic!("the hidden cause") }))
        .at("/api/v1/steps", make_sync(|_| steps()))
        .at("/api/v1/endless", make_sync(endless))
        .at("/api/v1/wait", make(wait.clone()))
        .at("/api/v1/instances/edge/ping", make(wait))
}

/// Tells when the stream that holds it is dropped.
struct Held(Arc<Semaphore>);

impl Drop for Held {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

/// Ten pieces, each before the one who waits would lose patience, all together long after.
fn steps() -> Body {
    let step = |n: u32| async move {
        tokio::time::sleep(SOON / 3).await;
        (n < 10).then(|| (Ok::<_, std::io::Error>(format!("step {n}\n")), n + 1))
    };
    Body::from_bytes_stream(stream::unfold(0, step))
}
