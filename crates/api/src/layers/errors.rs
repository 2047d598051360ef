//! Turns every failure, ours, the framework's and a panic, into the common error body, and answers OPTIONS.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use forewarm_domain::Invalid;
use futures::FutureExt;
use poem::error::{MethodNotAllowedError, NotFoundError};
use poem::http::{HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Error, Request, Response, Result};
use poem_openapi::error::{ContentTypeError, ParseParamError, ParsePathError};

use super::operations::Place;
use super::request_id::RequestId;
use crate::error::{ApiError, Words};
use crate::events::handshake;
use crate::{harbor, shape, site};

pub async fn errors<E: Endpoint<Output = Response>>(next: Arc<E>, request: Request) -> Result<Response> {
    let asked = Asked {
        method: request.method().clone(),
        path: request.uri().path().to_owned(),
        id: request.extensions().get::<RequestId>().map(|id| id.0.clone()),
    };
    if asked.method == Method::OPTIONS && asked.allowed().is_some() {
        let answer = with_allow(Response::builder().status(StatusCode::NO_CONTENT).finish(), &asked);
        return Ok(match handshake::asks(&request) {
            Some(origin) => handshake::agree(answer, origin),
            None => answer,
        });
    }
    if asked.names_nul(request.uri().query()) {
        let error = ApiError::bad_request("the address must not contain a NUL character");
        return Ok(error.response(asked.id.as_deref(), asked.words()));
    }
    Ok(match AssertUnwindSafe(next.call(request)).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(error)) => explain(error, &asked),
        Err(panic) => answer(&ApiError::internal(panic_text(panic.as_ref())), &asked),
    })
}

/// What is still known of a request when it has failed.
struct Asked {
    method: Method,
    path: String,
    id: Option<String>,
}

impl Asked {
    /// The methods of this address; None where there is nothing.
    fn allowed(&self) -> Option<String> {
        match Place::of(&self.path) {
            Some(place) => Some(place.methods()),
            None => site::is_page(&self.path).then(|| "GET, HEAD, OPTIONS".to_owned()),
        }
    }

    fn words(&self) -> Words {
        Words::at(&self.path)
    }

    /// A parameter or a body that cannot be read.
    fn unreadable(&self, invalid: Invalid) -> ApiError {
        match self.words() {
            Words::Ours => invalid.into(),
            Words::Harbors => harbor::errors::unreadable(&[invalid]),
        }
    }

    /// Postgres cannot store it or compare with it, and nothing has it in its name.
    fn names_nul(&self, query: Option<&str>) -> bool {
        self.path.contains("%00") || query.is_some_and(|query| query.contains("%00"))
    }
}

fn explain(error: Error, asked: &Asked) -> Response {
    if error.is_from_response() {
        return error.into_response();
    }
    let operation = error.data::<poem_openapi::OperationId>().copied();
    let mut response = answer(&translate(&error, asked), asked);
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response = with_allow(response, asked);
    }
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Basic realm=\"forewarm\", Bearer realm=\"forewarm\"");
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
    }
    if let Some(operation) = operation {
        response.set_data(operation);
    }
    response
}

/// The log is told what the client is not.
fn answer(error: &ApiError, asked: &Asked) -> Response {
    if error.status.is_server_error() {
        let cause = error.cause.as_deref().unwrap_or_default();
        tracing::error!(method = %asked.method, path = asked.path, cause, "request failed: {error}");
    }
    error.response(asked.id.as_deref(), asked.words())
}

fn translate(error: &Error, asked: &Asked) -> ApiError {
    if let Some(ours) = error.downcast_ref::<ApiError>() {
        return ours.clone();
    }
    if let Some(wrong) = error.downcast_ref::<ParseParamError>() {
        return wrong_parameter(asked, wrong.name, &wrong.reason);
    }
    if let Some(wrong) = error.downcast_ref::<ParsePathError>() {
        let place = Place::of(&asked.path);
        let name = place.and_then(|place| place.path_parameter(wrong.name));
        return wrong_parameter(asked, name.unwrap_or("path"), &wrong.reason);
    }
    if error.is::<ContentTypeError>() && asked.words() == Words::Harbors {
        let reason = "must be JSON, and the header Content-Type application/json";
        return asked.unreadable(Invalid::new("body", reason));
    }
    if error.is::<ContentTypeError>() {
        return ApiError::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            "the header Content-Type must be application/json",
        );
    }
    if error.is::<NotFoundError>() {
        return ApiError::new(
            StatusCode::NOT_FOUND,
            "there is nothing at this address; see /docs for what there is",
        );
    }
    if error.is::<MethodNotAllowedError>() {
        let message = format!("{} cannot be used at this address; see the header Allow", asked.method);
        return ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message);
    }
    let status = error.status();
    if status.is_server_error() {
        return ApiError::internal(error);
    }
    ApiError::new(status, error.to_string())
}

/// Says what the document allows, rather than what the framework's parser thought.
fn wrong_parameter(asked: &Asked, name: &str, reason: &str) -> ApiError {
    let place = Place::of(&asked.path);
    let schema = place.and_then(|place| place.schema(asked.method.as_str(), name));
    let reason =
        schema.map_or_else(|| reason.to_owned(), |schema| format!("must be {}", shape::expected(schema)));
    asked.unreadable(Invalid::new(name, reason))
}

fn with_allow(mut response: Response, asked: &Asked) -> Response {
    let allowed = asked.allowed().unwrap_or_default();
    if let Ok(value) = HeaderValue::from_str(&allowed) {
        response.headers_mut().insert(header::ALLOW, value);
    }
    response
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(ToString::to_string);
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    format!("panic: {}", text.unwrap_or_default())
}
