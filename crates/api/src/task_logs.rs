//! Logs of tasks: as text, and followed live as server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use chrono::SecondsFormat;
use forewarm_store::StoreError;
use forewarm_store::task_logs::LogLine;
use futures::{Stream, StreamExt, TryStreamExt, stream};
use poem::web::Data;
use poem::web::sse::Event;
use poem::{Body, IntoResponse, Response};
use poem_openapi::param::{Header, Path};
use poem_openapi::payload::{EventStream, PlainText};
use poem_openapi::registry::{MetaResponses, Registry};
use poem_openapi::types::ToJSON;
use poem_openapi::{ApiResponse, Object, OpenApi};

use crate::auth::Auth;
use crate::error::ApiError;
use crate::executions::StatusWord;
use crate::state::ApiState;
use crate::tags::Tag;
use crate::tasks;

pub struct Api;

/// How many lines are read from the database at one time.
const CHUNK: i64 = 500;
/// How long to wait before looking for new lines.
const PAUSE: Duration = Duration::from_millis(500);
/// Proxies close a silent connection; a comment this often keeps it open.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// The data of an event: `line` carries level, message and time of one line, `end` the final status.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
struct LogEvent {
    at: Option<String>,
    level: Option<String>,
    message: Option<String>,
    status: Option<StatusWord>,
    /// Number of the line in its task.
    #[oai(skip)]
    n: i64,
}

/// Text that is sent as it is read.
pub struct LogText(Body);

impl LogText {
    /// Every line that is stored now.
    pub fn of(state: ApiState, task_id: i64, render: fn(&LogLine) -> String) -> Self {
        let lines = stored_lines(state, task_id).map_ok(move |line| render(&line));
        Self(Body::from_bytes_stream(lines.map_err(std::io::Error::other)))
    }
}

impl IntoResponse for LogText {
    fn into_response(self) -> Response {
        Response::builder().content_type("text/plain; charset=utf-8").body(self.0)
    }
}

impl ApiResponse for LogText {
    fn meta() -> MetaResponses {
        PlainText::<String>::meta()
    }

    fn register(registry: &mut Registry) {
        <PlainText<String> as ApiResponse>::register(registry);
    }
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Tasks")]
impl Api {
    /// Read the log of a task
    #[oai(path = "/tasks/:task/log", method = "get", operation_id = "GetTaskLog")]
    async fn text(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the task.
        task: Path<i64>,
    ) -> Result<LogText, ApiError> {
        tasks::find(&state, &auth, task.0).await?;
        Ok(LogText::of(state.clone(), task.0, render))
    }

    /// Follow the log of a task
    ///
    /// Server-sent events: `line` for each line, with its number as id, and `end` with the final status, after which
    /// the stream closes. A client that reconnects with `Last-Event-ID` gets the lines after that one.
    #[oai(path = "/tasks/:task/log/stream", method = "get", operation_id = "FollowTaskLog")]
    async fn follow(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Id of the task.
        task: Path<i64>,
        /// Number of the last line that is known already.
        #[oai(name = "Last-Event-ID")]
        last_event_id: Header<Option<i64>>,
    ) -> Result<EventStream<stream::BoxStream<'static, LogEvent>>, ApiError> {
        tasks::find(&state, &auth, task.0).await?;
        let start = Follower {
            state: state.clone(),
            task_id: task.0,
            after: last_event_id.0.unwrap_or_default().max(0),
            lines: VecDeque::new(),
            ended: false,
        };
        let stream = EventStream::new(stream::unfold(start, Follower::next).boxed());
        Ok(stream.keep_alive(KEEP_ALIVE).to_event(|event| to_event(&event)))
    }
}

/// Every line that is stored now, without holding more than a chunk of them.
fn stored_lines(state: ApiState, task_id: i64) -> impl Stream<Item = Result<LogLine, StoreError>> {
    let chunks = stream::try_unfold(0, move |after| {
        let store = state.store.clone();
        async move {
            let lines = store.task_log(task_id, after, CHUNK).await?;
            let last = lines.last().map(|line| line.n);
            let found = last.map(|last| (stream::iter(lines.into_iter().map(Ok)), last));
            Ok::<_, StoreError>(found)
        }
    });
    chunks.try_flatten()
}

fn render(line: &LogLine) -> String {
    let at = line.at.to_rfc3339_opts(SecondsFormat::Millis, true);
    format!("{at} {:<7} {}\n", line.level.to_uppercase(), line.message)
}

/// Where a live reader is.
struct Follower {
    state: ApiState,
    task_id: i64,
    after: i64,
    lines: VecDeque<LogLine>,
    ended: bool,
}

impl Follower {
    /// The next event; waits for it. None = the stream is over.
    async fn next(mut self) -> Option<(LogEvent, Self)> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                self.after = line.n;
                return Some((line.into(), self));
            }
            if self.ended {
                return None;
            }
            // The status is read before the lines: lines are written with the status, so that none comes after an end.
            let status = tasks::read(&self.state, self.task_id).await.ok()?.status;
            let lines = self.state.store.task_log(self.task_id, self.after, CHUNK);
            self.lines = lines.await.ok()?.into();
            if !self.lines.is_empty() {
                continue;
            }
            if status.is_final() {
                self.ended = true;
                return Some((LogEvent::end(status.into(), self.after), self));
            }
            tokio::select! {
                () = tokio::time::sleep(PAUSE) => {}
                // Clients reconnect, to a process that stays.
                () = self.state.draining.cancelled() => return None,
            }
        }
    }
}

impl LogEvent {
    fn end(status: StatusWord, n: i64) -> Self {
        Self { at: None, level: None, message: None, status: Some(status), n }
    }
}

impl From<LogLine> for LogEvent {
    fn from(line: LogLine) -> Self {
        Self {
            at: Some(line.at.to_rfc3339_opts(SecondsFormat::Millis, true)),
            level: Some(line.level),
            message: Some(line.message),
            status: None,
            n: line.n,
        }
    }
}

fn to_event(event: &LogEvent) -> Event {
    let name = if event.status.is_some() { "end" } else { "line" };
    Event::message(event.to_json_string()).event_type(name).id(event.n.to_string())
}
