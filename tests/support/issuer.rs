//! An issuer of tokens (OpenID Connect): discovery and keys, on a port of the loopback address.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use forewarm_api::OidcSettings;
use poem::http::StatusCode;
use poem::listener::{Acceptor as _, Listener as _, TcpListener};
use poem::{Endpoint, IntoResponse as _, Request, Response, Server};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::signing_key::SigningKey;

/// What tokens for us have in `aud`.
pub const AUDIENCE: &str = "forewarm";

/// A running issuer. It stops when dropped.
pub struct Issuer {
    pub url: String,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    document: Value,
    keys: Vec<Value>,
    /// Answered to everything instead.
    trouble: Option<(u16, String)>,
    fetches: usize,
}

impl Issuer {
    pub async fn start() -> Self {
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
        let url = format!("http://{address}/realms/test");
        let document = json!({ "issuer": url, "jwks_uri": format!("http://{address}/keys") });
        let state = Arc::new(Mutex::new(State { document, ..State::default() }));
        let front = Front(state.clone());
        let task = tokio::spawn(async move { Server::new_with_acceptor(acceptor).run(front).await.unwrap() });
        Self { url, state, task }
    }

    /// What a service says about it that takes its tokens.
    pub fn settings(&self, roles: &[&str]) -> OidcSettings {
        OidcSettings {
            issuer: self.url.parse().unwrap(),
            audience: AUDIENCE.to_owned(),
            groups_claim: "groups".to_owned(),
            username_claim: "preferred_username".to_owned(),
            roles: roles.iter().map(|rule| rule.parse().unwrap()).collect(),
            leeway: Duration::from_secs(60),
        }
    }

    /// Has these keys and no others.
    pub fn has(&self, keys: &[&SigningKey]) {
        self.shows(keys.iter().map(|key| key.public()).collect());
    }

    pub fn shows(&self, keys: Vec<Value>) {
        self.state().keys = keys;
    }

    /// Changes a field of its document.
    pub fn claims_to_have(&self, field: &str, value: &str) {
        self.state().document[field] = json!(value);
    }

    /// Answers everything with this status and header `Location`, until it is told otherwise.
    pub fn answers(&self, status: u16, location: &str) {
        self.state().trouble = Some((status, location.to_owned()));
    }

    pub fn is_well(&self) {
        self.state().trouble = None;
    }

    /// How often its keys were asked for.
    pub fn fetches(&self) -> usize {
        self.state().fetches
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }
}

impl Drop for Issuer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Front(Arc<Mutex<State>>);

impl Endpoint for Front {
    type Output = Response;

    async fn call(&self, request: Request) -> poem::Result<Response> {
        let mut state = self.0.lock().unwrap();
        let path = request.uri().path();
        if path == "/keys" {
            state.fetches += 1;
        }
        if let Some((status, location)) = &state.trouble {
            let status = StatusCode::from_u16(*status).unwrap();
            return Ok(status.with_header("location", location).into_response());
        }
        Ok(match path {
            "/realms/test/.well-known/openid-configuration" => {
                poem::web::Json(state.document.clone()).into_response()
            }
            "/keys" => poem::web::Json(json!({ "keys": state.keys })).into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        })
    }
}
