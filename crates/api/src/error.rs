//! The one error of the API, and the common body that every failed request gets.

use std::fmt;

use forewarm_domain::Invalid;
use forewarm_store::StoreError;
use poem::error::ResponseError;
use poem::http::{StatusCode, header};
use poem::{Body, Response};
use poem_openapi::ApiResponse;
use poem_openapi::registry::{MetaResponses, Registry};
use serde::Serialize;

use crate::harbor;

/// How long a client shall wait when the database is away, in seconds.
const DATABASE_AWAY: u64 = 5;

/// Why a request was not done. Its statuses are written into the document by rule (`polish.rs`), so it adds none.
#[derive(Debug, Clone)]
pub struct ApiError {
    pub status: StatusCode,
    /// What the client is told, one entry for each complaint.
    pub messages: Vec<String>,
    /// What only the log is told.
    pub cause: Option<String>,
    /// Seconds until another try makes sense.
    pub retry_after: Option<u64>,
}

/// Whose words for statuses an answer has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Words {
    Ours,
    Harbors,
}

impl Words {
    /// Those that a client knows who asks at this address.
    pub fn at(path: &str) -> Self {
        if harbor::owns(path) { Self::Harbors } else { Self::Ours }
    }
}

/// `{"errors":[{"code","message"}]}`, as Harbor's clients know it too.
#[derive(Serialize)]
struct Errors<'a> {
    errors: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    message: &'a str,
}

impl ApiError {
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, messages: vec![message.into()], cause: None, retry_after: None }
    }

    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// There is no such thing; `what` is for example `policy 'nightly'`.
    pub fn not_found(what: impl fmt::Display) -> Self {
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what}"))
    }

    /// It may be seen, but not done.
    pub fn forbidden(message: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, message)
    }

    pub fn conflict(message: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, message)
    }

    /// Something that nobody foresaw: the cause goes to the log only.
    pub fn internal(cause: impl fmt::Display) -> Self {
        Self {
            cause: Some(cause.to_string()),
            ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "something went wrong inside")
        }
    }

    /// The answer. A 5xx carries the request's id, by which the log tells more.
    pub fn response(&self, request_id: Option<&str>, words: Words) -> Response {
        let messages: Vec<String> = self
            .messages
            .iter()
            .map(|message| match request_id {
                Some(id) if self.status.is_server_error() => format!("{message} (request {id})"),
                _ => message.clone(),
            })
            .collect();
        let code = match words {
            Words::Ours => code(self.status),
            Words::Harbors => harbor::errors::code(self.status),
        };
        let errors = messages.iter().map(|message| Entry { code, message }).collect();
        let body = serde_json::to_vec(&Errors { errors }).unwrap_or_default();
        let mut response = Response::builder().status(self.status).content_type("application/json");
        if let Some(seconds) = self.wait() {
            response = response.header(header::RETRY_AFTER, seconds);
        }
        response.body(Body::from_vec(body))
    }

    fn wait(&self) -> Option<u64> {
        let usual = (self.status == StatusCode::SERVICE_UNAVAILABLE).then_some(DATABASE_AWAY);
        self.retry_after.or(usual)
    }
}

/// The word for a status that programs look at.
fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        408 => "REQUEST_TIMEOUT",
        409 => "CONFLICT",
        413 => "PAYLOAD_TOO_LARGE",
        415 => "UNSUPPORTED_MEDIA_TYPE",
        429 => "TOO_MANY_REQUESTS",
        502 => "BAD_GATEWAY",
        503 => "UNAVAILABLE",
        500.. => "INTERNAL",
        _ => "FAILED",
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.messages.join("; "))
    }
}

impl std::error::Error for ApiError {}

impl ResponseError for ApiError {
    fn status(&self) -> StatusCode {
        self.status
    }
}

impl From<Vec<Invalid>> for ApiError {
    fn from(found: Vec<Invalid>) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            messages: found.iter().map(ToString::to_string).collect(),
            cause: None,
            retry_after: None,
        }
    }
}

impl From<Invalid> for ApiError {
    fn from(found: Invalid) -> Self {
        vec![found].into()
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if !error.is_unavailable() {
            return Self::internal(error);
        }
        let message = "the database is not reachable; nothing is lost, try again in a few seconds";
        Self { cause: Some(error.to_string()), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
    }
}

impl ApiResponse for ApiError {
    fn meta() -> MetaResponses {
        MetaResponses { responses: vec![] }
    }

    fn register(_registry: &mut Registry) {}
}
