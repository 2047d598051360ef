//! A client of a running server's API, for the commands that talk to one.

use std::time::Duration;

use anyhow::{Context, anyhow, bail};
use forewarm_domain::Secret;
use forewarm_http::{HttpError, Outbound, body};
use reqwest::{Method, RequestBuilder};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use crate::server_args::{Login, ServerArgs};

use crate::view::{Execution, Task};

/// Where a server listens unless told otherwise.
pub const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// The server does not let requests wait for remote systems, so a slow answer is no answer.
const TIMEOUT: Duration = Duration::from_secs(30);
/// A preview waits for the registry.
const PREVIEW_TIMEOUT: Duration = Duration::from_secs(60);
/// Far above a page of a hundred tasks.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;
const PAGE_SIZE: usize = 100;

/// One server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    base: Url,
    outbound: Outbound,
    login: Login,
}

/// The server answered, and the answer is no.
#[derive(Debug)]
pub struct Refusal {
    pub status: u16,
    pub message: String,
}

impl Client {
    /// As the arguments say.
    pub fn of(args: &ServerArgs) -> anyhow::Result<Self> {
        Ok(Self { login: args.login()?, ..Self::new(&args.server)? })
    }

    /// As a certain user.
    pub fn by(self, name: &str, password: &Secret) -> Self {
        Self { login: Login::User(name.to_owned(), password.clone()), ..self }
    }

    /// As nobody: probes need no credentials.
    pub fn new(server: &str) -> anyhow::Result<Self> {
        let base = forewarm_domain::url::endpoint("server", server).map_err(|invalid| {
            anyhow!("the server's address '{server}' {}, like {DEFAULT_SERVER}", invalid.reason)
        })?;
        Ok(Self { base, outbound: Outbound::unguarded(), login: Login::Nobody })
    }

    /// Starts an ad-hoc preheat and tells the execution that does it.
    pub async fn start_preheat(&self, preheat: &Value) -> anyhow::Result<Execution> {
        let request = self.request(Method::POST, "/api/v1/preheats")?.json(preheat);
        Execution::read(self.answer(request).await?)
    }

    /// What a policy would do: one that is stored, or the one in the body. Pages count from 1.
    pub async fn preview(
        &self,
        path: &[&str],
        body: Option<&Value>,
        (page, page_size): (u32, u32),
    ) -> anyhow::Result<Value> {
        let mut url = self.base.join("/api/v1")?;
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(path);
        }
        let request = self.request(Method::POST, url.path())?.timeout(PREVIEW_TIMEOUT);
        let request = request.query(&[("page", page), ("page_size", page_size)]);
        self.answer(match body {
            Some(body) => request.json(body),
            None => request,
        })
        .await
    }

    /// The newest execution that was started so: `manual`, `schedule` or `event`.
    pub async fn newest_execution(&self, trigger: &str) -> anyhow::Result<Option<Execution>> {
        let request = self.request(Method::GET, "/api/v1/executions")?;
        let request = request.query(&[("trigger", trigger), ("page_size", "1")]);
        let found: Vec<Value> = self.answer(request).await?;
        found.into_iter().next().map(Execution::read).transpose()
    }

    pub async fn execution(&self, id: i64) -> anyhow::Result<Execution> {
        let path = format!("/api/v1/executions/{id}");
        Execution::read(self.answer(self.request(Method::GET, &path)?).await?)
    }

    /// The tasks of an execution, at most `limit` of them; with a status only those.
    pub async fn tasks(
        &self,
        execution: i64,
        status: Option<&str>,
        limit: usize,
    ) -> anyhow::Result<Vec<Task>> {
        let path = format!("/api/v1/executions/{execution}/tasks");
        let mut tasks = Vec::new();
        for page in 1.. {
            let page_size = PAGE_SIZE.to_string();
            let mut request = self
                .request(Method::GET, &path)?
                .query(&[("page", page.to_string()), ("page_size", page_size)]);
            if let Some(status) = status {
                request = request.query(&[("status", status)]);
            }
            let found: Vec<Value> = self.answer(request).await?;
            let is_last = found.len() < PAGE_SIZE;
            for task in found {
                tasks.push(Task::read(task)?);
            }
            if is_last || tasks.len() >= limit {
                break;
            }
        }
        tasks.truncate(limit);
        Ok(tasks)
    }

    /// What is warm, as far as the server knows; `query` says of what.
    pub async fn warm(&self, query: &[(&str, &str)]) -> anyhow::Result<Vec<Value>> {
        let mut warm: Vec<Value> = Vec::new();
        for page in 1.. {
            let paging = [("page", page.to_string()), ("page_size", PAGE_SIZE.to_string())];
            let request = self.request(Method::GET, "/api/v1/warm")?.query(query).query(&paging);
            let found: Vec<Value> = self.answer(request).await?;
            let is_last = found.len() < PAGE_SIZE;
            warm.extend(found);
            if is_last {
                break;
            }
        }
        Ok(warm)
    }

    /// Whether the server is ready to serve; the error says why not.
    pub async fn ready(&self, timeout: Duration) -> anyhow::Result<()> {
        let request = self.request(Method::GET, "/readyz")?.timeout(timeout);
        self.bytes(request).await.map(drop)
    }

    /// Posts something and returns the answer.
    pub async fn create(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let mut request = self.request(Method::POST, path)?;
        if !body.is_null() {
            request = request.json(body);
        }
        self.answer(request).await.with_context(|| format!("POST {path}"))
    }

    fn request(&self, method: Method, path: &str) -> anyhow::Result<RequestBuilder> {
        let base = self.base.as_str().trim_end_matches('/');
        let url = Url::parse(&format!("{base}{path}")).context("the server's address")?;
        let request = self.outbound.client(false).request(method, &url)?.timeout(TIMEOUT);
        Ok(match &self.login {
            Login::Nobody => request,
            Login::Token(token) => request.bearer_auth(token.expose()),
            Login::User(name, password) => request.basic_auth(name, Some(password.expose())),
        })
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> anyhow::Result<T> {
        let bytes = self.bytes(request).await?;
        serde_json::from_slice(&bytes)
            .with_context(|| format!("{} does not answer like a Forewarm server", self.base))
    }

    async fn bytes(&self, request: RequestBuilder) -> anyhow::Result<Vec<u8>> {
        let response = request.send().await.map_err(|error| HttpError::from_reqwest(&error, &self.base))?;
        let status = response.status().as_u16();
        let bytes = body::read(response, LARGEST_ANSWER, &self.base).await?;
        if (200..300).contains(&status) {
            return Ok(bytes);
        }
        bail!(Refusal { status, message: complaint(&bytes) })
    }
}

impl Refusal {
    /// Whether the same request may succeed a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self.status, 408 | 429 | 500..)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.message.as_str() {
            "" => write!(f, "the server answered {}", self.status),
            message if self.status == 401 => write!(
                f,
                "the server answered 401: {message}; set FOREWARM_TOKEN, or FOREWARM_USER and FOREWARM_PASSWORD"
            ),
            message => write!(f, "the server answered {}: {message}", self.status),
        }
    }
}

impl std::error::Error for Refusal {}

/// What the server says is wrong: the messages of its `errors`, or the beginning of another answer.
fn complaint(body: &[u8]) -> String {
    let errors: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = errors["errors"].as_array().into_iter().flatten();
    let messages: Vec<&str> = messages.filter_map(|error| error["message"].as_str()).collect();
    let text = match messages.as_slice() {
        [] => String::from_utf8_lossy(body).trim().chars().take(200).collect(),
        messages => messages.join("; "),
    };
    forewarm_domain::task_log::printable(&text)
}
