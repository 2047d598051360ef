//! Talks HTTP to an engine: its address, our credentials, limits of time and size.

use std::time::Duration;

use forewarm_domain::auth::Auth;
use forewarm_domain::instance::Instance;
use forewarm_http::authorize::authorize;
use forewarm_http::{Client, ErrorKind, HttpError, Outbound, body, error};
use forewarm_metrics::process;
use reqwest::header::{ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, LOCATION, RETRY_AFTER};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::Value;
use url::Url;

/// How long an engine may take for a question that it answers from memory.
pub(crate) const QUICK: Duration = Duration::from_secs(30);
/// The largest honest answer: 200 peers times 100 blobs are about 5 MB.
const LARGEST_ANSWER: usize = 16 * 1024 * 1024;

/// The way to one engine.
#[derive(Debug, Clone)]
pub(crate) struct Engine {
    instance: String,
    client: Client,
    base: Url,
    auth: Auth,
}

/// What an engine answered, whatever the status.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) location: Option<String>,
    pub(crate) retry_after: Option<Duration>,
    pub(crate) body: Vec<u8>,
}

impl Engine {
    pub(crate) fn of(instance: &Instance, outbound: &Outbound) -> Self {
        Self {
            instance: instance.name.clone(),
            client: outbound.patient(instance.insecure_tls).clone(),
            base: instance.endpoint.clone(),
            auth: instance.auth.clone(),
        }
    }

    /// Scheme, host and port, for messages.
    pub(crate) fn place(&self) -> String {
        error::place(&self.base)
    }

    pub(crate) async fn get(&self, path: &str) -> Result<Answer, HttpError> {
        self.send(plain(self.request(Method::GET, path)?).timeout(QUICK)).await
    }

    /// A long answer, which is worth compressing.
    pub(crate) async fn list(&self, path: &str) -> Result<Answer, HttpError> {
        self.send(self.request(Method::GET, path)?.timeout(QUICK)).await
    }

    pub(crate) async fn post(
        &self,
        path: &str,
        body: Option<&Value>,
        timeout: Duration,
    ) -> Result<Answer, HttpError> {
        let mut request = plain(self.request(Method::POST, path)?).timeout(timeout);
        if let Some(body) = body {
            request = request.json(body);
        }
        self.send(request).await
    }

    fn request(&self, method: Method, path: &str) -> Result<RequestBuilder, HttpError> {
        self.client.request(method, &self.url(path)?)
    }

    async fn send(&self, request: RequestBuilder) -> Result<Answer, HttpError> {
        let url = &self.base;
        let sent = authorize(request, &self.auth)?.send().await;
        let sent = sent.map_err(|error| HttpError::from_reqwest(&error, url));
        self.count(&sent);
        let response = sent?;
        let mut answer = Answer::head(response.status().as_u16(), response.headers());
        answer.body = body::read(response, LARGEST_ANSWER, url).await?;
        Ok(answer)
    }

    fn count(&self, sent: &Result<Response, HttpError>) {
        let code = match sent {
            Ok(response) => response.status().as_str().to_owned(),
            Err(error) => error.kind.code(),
        };
        process().provider_responses.add([&self.instance, &code]);
    }

    /// The endpoint may have a path of its own, behind a reverse proxy.
    fn url(&self, path: &str) -> Result<Url, HttpError> {
        let base = self.base.as_str().trim_end_matches('/');
        Url::parse(&format!("{base}{path}")).map_err(|cause| {
            let message = format!("{}: {path} makes no address: {cause}", self.place());
            HttpError::new(ErrorKind::Protocol, message)
        })
    }
}

/// Asks for an answer as it is: compressing a few hundred bytes costs both sides more than they save.
fn plain(request: RequestBuilder) -> RequestBuilder {
    request.header(ACCEPT_ENCODING, "identity")
}

impl Answer {
    pub(crate) fn is_ok(&self) -> bool {
        (200..300).contains(&self.status)
    }

    pub(crate) fn is_redirect(&self) -> bool {
        (300..400).contains(&self.status)
    }

    pub(crate) fn is_html(&self) -> bool {
        self.content_type.contains("html")
    }

    /// The body's first JSON value: a Dragonfly manager can answer with two, back to back.
    pub(crate) fn json(&self) -> Option<Value> {
        serde_json::Deserializer::from_slice(&self.body).into_iter::<Value>().next().and_then(Result::ok)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).trim().to_owned()
    }

    fn head(status: u16, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self {
            status,
            content_type: text(CONTENT_TYPE).unwrap_or_default().to_lowercase(),
            location: text(LOCATION),
            retry_after: text(RETRY_AFTER)
                .and_then(|seconds| seconds.trim().parse().ok())
                .map(Duration::from_secs),
            body: Vec::new(),
        }
    }
}
