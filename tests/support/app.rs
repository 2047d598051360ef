//! The API over a database of its own, without a socket.

use forewarm_api::ApiState;
use forewarm_http::Outbound;
use forewarm_store::{Clock, Store};
use poem::endpoint::BoxEndpoint;
use poem::http::{HeaderMap, Method, header};
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Body, Endpoint, EndpointExt, Request, Response};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::access;
use super::keys::keys;
use super::outbound::outbound;
use super::postgres::{self, Database};

/// The API as `serve` builds it.
pub struct TestApp {
    pub store: Store,
    pub draining: CancellationToken,
    pub endpoint: BoxEndpoint<'static, Response>,
    _database: Database,
}

/// The API on a port, until it is dropped.
pub struct Listening {
    pub url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Listening {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// What the API answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl TestApp {
    pub async fn start() -> Self {
        let database = postgres::database().await;
        let store = Store::new(database.pool().await, Clock::database()).with_keys(keys());
        let draining = CancellationToken::new();
        Self { endpoint: endpoint(store.clone(), draining.clone()), store, draining, _database: database }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(with_json(request(Method::POST, path), body)).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answer {
        self.send(with_json(request(Method::PUT, path), body)).await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(request(Method::DELETE, path)).await
    }

    /// A POST without a body.
    pub async fn act(&self, path: &str) -> Answer {
        self.send(request(Method::POST, path)).await
    }

    pub async fn send(&self, request: Request) -> Answer {
        send(&self.endpoint, request).await
    }

    /// Creates something that must be accepted.
    pub async fn create(&self, path: &str, body: &Value) -> Value {
        let answer = self.post(path, body).await;
        assert_eq!(answer.status, 201, "POST {path}: {}", answer.text);
        answer.json()
    }

    /// Serves the same on a port of the loopback address, for programs that need one.
    pub async fn listen(&self) -> Listening {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
        let state = ApiState::new(self.store.clone(), outbound(), self.draining.clone());
        let server = poem::Server::new_with_acceptor(acceptor).run(forewarm_api::app(state));
        let server = tokio::spawn(async move { server.await.unwrap() });
        Listening { url: format!("http://{address}"), server }
    }

    /// How many rows a table holds.
    pub async fn rows(&self, table: &str) -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(self.store.pool()).await.unwrap()
    }

    /// A registry `origin`, a mirror `edge`, a Dragonfly `dragonfly` and a project `shop`.
    pub async fn furnish(&self) {
        let registry = json!({ "name": "origin", "url": "http://registry.test:5000" });
        self.create("/api/v1/registries", &registry).await;
        let mirror = json!({ "name": "edge", "vendor": "mirror", "endpoint": "http://mirror.test:5000" });
        self.create("/api/v1/instances", &mirror).await;
        let dragonfly = json!({
            "name": "dragonfly", "vendor": "dragonfly", "endpoint": "http://manager.test:8080",
            "auth": { "mode": "bearer", "secret": "hidden-token" },
        });
        self.create("/api/v1/instances", &dragonfly).await;
        let project = json!({ "name": "shop", "registry": "origin", "namespace": "shop" });
        self.create("/api/v1/projects", &project).await;
    }
}

/// The API over any store.
pub fn endpoint(store: Store, draining: CancellationToken) -> BoxEndpoint<'static, Response> {
    endpoint_with(store, outbound(), draining)
}

/// The API over any store, with clients of the caller's.
pub fn endpoint_with(
    store: Store,
    outbound: Outbound,
    draining: CancellationToken,
) -> BoxEndpoint<'static, Response> {
    let state = ApiState::new(store, outbound, draining);
    forewarm_api::app(state).map_to_response().boxed()
}

pub fn request(method: Method, path: &str) -> Request {
    Request::builder().method(method).uri_str(path).finish()
}

pub fn with_json(mut request: Request, body: &Value) -> Request {
    let text = body.to_string();
    let json = header::HeaderValue::from_static("application/json");
    request.headers_mut().insert(header::CONTENT_TYPE, json);
    request.headers_mut().insert(header::CONTENT_LENGTH, text.len().into());
    request.set_body(Body::from_string(text));
    request
}

/// Comes as the administrator, unless the request says otherwise.
pub async fn send(endpoint: &BoxEndpoint<'static, Response>, mut request: Request) -> Answer {
    access::introduce(&mut request);
    let response = endpoint.get_response(request).await;
    let (parts, body) = response.into_parts();
    let answer = Answer {
        status: parts.status.as_u16(),
        headers: parts.headers,
        text: body.into_string().await.unwrap(),
    };
    answer.check_promises();
    answer
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// The value of a header; empty if there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// What a failed request was told, in one text.
    pub fn complaints(&self) -> String {
        let body = self.json();
        let errors = body["errors"].as_array().unwrap();
        let messages: Vec<&str> = errors.iter().map(|error| error["message"].as_str().unwrap()).collect();
        messages.join("\n")
    }

    /// What holds for every answer whatsoever.
    fn check_promises(&self) {
        assert!(!self.header("x-request-id").is_empty(), "an answer without a request id");
        if self.status >= 400 {
            let body = self.json();
            let errors = body["errors"].as_array().unwrap_or_else(|| panic!("{}", self.text));
            assert!(!errors.is_empty(), "{}", self.text);
            for error in errors {
                assert!(error["code"].is_string() && error["message"].is_string(), "{}", self.text);
            }
        } else if self.header("content-type").starts_with("application/json") && !self.text.is_empty() {
            // The document declares nothing as nullable in an answer.
            assert!(!has_null(&self.json()), "a null in {}", self.text);
            assert!(!self.text.contains("hidden-"), "a secret in {}", self.text);
        }
    }
}

fn has_null(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.iter().any(has_null),
        Value::Object(object) => object.values().any(has_null),
        _ => false,
    }
}
