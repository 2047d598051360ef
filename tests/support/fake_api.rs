//! A server that answers like Forewarm's API, by a script: for tests of the commands that talk to one.

#![allow(clippy::needless_pass_by_value)] // poem hands handlers their arguments by value

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::{Data, Json, Query};
use poem::{EndpointExt, IntoResponse, Response, Route, Server, get, handler, post};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

/// Runs until it is dropped.
pub struct FakeApi {
    pub url: String,
    script: Arc<Script>,
    server: JoinHandle<()>,
}

/// What it answers.
#[derive(Default)]
pub struct Script {
    /// Answers to the start of a preheat and then to each look at the execution; the last one stays.
    pub executions: Mutex<VecDeque<(u16, Value)>>,
    tasks: Vec<Value>,
    /// What is warm.
    warm: Vec<Value>,
    ready: Option<(u16, Value)>,
    /// What was asked for.
    preheats: Mutex<Vec<Value>>,
    task_lists: Mutex<Vec<Option<String>>>,
}

impl FakeApi {
    pub async fn start(script: Script) -> Self {
        let script = Arc::new(script);
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let port = acceptor.local_addr()[0].as_socket_addr().unwrap().port();
        let app = Route::new()
            .at("/api/v1/preheats", post(start_preheat))
            .at("/api/v1/executions/7", get(get_execution))
            .at("/api/v1/executions/7/tasks", get(list_tasks))
            .at("/api/v1/warm", get(list_warm))
            .at("/readyz", get(get_readiness))
            .data(script.clone());
        let server = Server::new_with_acceptor(acceptor).run(app);
        Self {
            url: format!("http://127.0.0.1:{port}"),
            script,
            server: tokio::spawn(async move { server.await.unwrap() }),
        }
    }

    /// The preheats that were asked for.
    pub fn preheats(&self) -> Vec<Value> {
        self.script.preheats.lock().unwrap().clone()
    }

    /// The status that each request for tasks asked for.
    pub fn task_lists(&self) -> Vec<Option<String>> {
        self.script.task_lists.lock().unwrap().clone()
    }
}

impl Drop for FakeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl Script {
    /// The start of execution 7 and what it looks like afterwards.
    pub fn executions(looks: impl IntoIterator<Item = Value>) -> Self {
        let looks = looks.into_iter().map(|look| (200, look));
        Self { executions: Mutex::new(looks.collect()), ..Self::default() }
    }

    pub fn tasks(mut self, tasks: impl IntoIterator<Item = Value>) -> Self {
        self.tasks = tasks.into_iter().collect();
        self
    }

    /// Not ready, for this reason.
    pub fn not_ready(reason: &str) -> Self {
        let errors = json!({"errors": [{"code": "UNAVAILABLE", "message": reason}]});
        Self { ready: Some((503, errors)), ..Self::default() }
    }

    /// This is warm, and nothing else.
    pub fn warm(warm: impl Into<Vec<Value>>) -> Self {
        Self { warm: warm.into(), ..Self::default() }
    }

    fn next(&self) -> Response {
        let mut executions = self.executions.lock().unwrap();
        let next = match executions.len() {
            1 => executions.front().cloned(),
            _ => executions.pop_front(),
        };
        answer(next.expect("the script has an answer"))
    }
}

fn answer((status, body): (u16, Value)) -> Response {
    Json(body).with_status(StatusCode::from_u16(status).unwrap()).into_response()
}

#[handler]
fn start_preheat(script: Data<&Arc<Script>>, body: Json<Value>) -> Response {
    script.preheats.lock().unwrap().push(body.0);
    script.next()
}

#[handler]
fn get_execution(script: Data<&Arc<Script>>) -> Response {
    script.next()
}

#[derive(Deserialize)]
struct TaskQuery {
    page: usize,
    page_size: usize,
    status: Option<String>,
}

#[handler]
fn list_tasks(script: Data<&Arc<Script>>, query: Query<TaskQuery>) -> Json<Vec<Value>> {
    script.task_lists.lock().unwrap().push(query.status.clone());
    let wanted = |task: &&Value| query.status.as_ref().is_none_or(|status| task["status"] == json!(status));
    let page = script.tasks.iter().filter(wanted).skip((query.page - 1) * query.page_size);
    Json(page.take(query.page_size).cloned().collect())
}

#[handler]
fn get_readiness(script: Data<&Arc<Script>>) -> Response {
    answer(script.ready.clone().unwrap_or((200, json!({}))))
}

#[handler]
fn list_warm(script: Data<&Arc<Script>>) -> Json<Vec<Value>> {
    Json(script.warm.clone())
}
