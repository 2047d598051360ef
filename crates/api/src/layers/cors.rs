//! Lets pages of other sites call the API: only of those that the operator names, each by its exact origin. Cookies and
//! the like are never sent along: such a page proves itself by a token that it was given.

use std::sync::Arc;

use poem::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use poem::{Endpoint, Request, Response, Result};

use super::exposure;
use crate::exposure::{Exposure, Origin};

/// What is not the API (documentation, console) is for our own pages.
const API: &str = "/api/";

/// What a page may do, send and see; the rest of the methods and headers is always permitted.
const PREFLIGHT: [(HeaderName, &str); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, "GET, HEAD, POST, PUT, PATCH, DELETE"),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        "authorization, content-type, if-match, if-none-match, last-event-id, x-is-resource-name, x-request-id",
    ),
    (header::ACCESS_CONTROL_MAX_AGE, "600"),
];
const EXPOSED: &str = "etag, link, location, retry-after, www-authenticate, x-request-id, x-total-count";

pub async fn cors<E: Endpoint<Output = Response>>(next: Arc<E>, request: Request) -> Result<Response> {
    let exposure = exposure(&request);
    if exposure.cors_origins.is_empty() || !request.uri().path().starts_with(API) {
        return next.call(request).await;
    }
    let origin = permitted(request.headers(), &exposure);
    let is_preflight = request.method() == Method::OPTIONS
        && request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let mut response = match &origin {
        Some(_) if is_preflight => preflight(),
        _ => next.call(request).await?,
    };
    let headers = response.headers_mut();
    // Also where nothing is permitted: a cache must not hand one site's answer to another.
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, HeaderValue::from_static(EXPOSED));
    }
    Ok(response)
}

fn permitted(headers: &HeaderMap, exposure: &Exposure) -> Option<HeaderValue> {
    let origin = headers.get(header::ORIGIN)?;
    exposure.cors_origins.iter().map(Origin::header).find(|known| *known == origin).cloned()
}

fn preflight() -> Response {
    let mut response = Response::builder().status(StatusCode::NO_CONTENT).finish();
    for (name, value) in PREFLIGHT {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
