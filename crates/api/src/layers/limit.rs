//! No request is larger than this, whether it says so beforehand or not, nor does its body take longer to come.

use std::sync::Arc;
use std::time::Duration;

use poem::error::ReadBodyError;
use poem::http::{StatusCode, header};
use poem::{Body, Endpoint, Request, Response, Result};
use tokio::time::timeout;

use super::exposure;
use crate::error::ApiError;

/// The longest body in bytes: 1 MiB.
const LONGEST: usize = 1024 * 1024;

pub async fn limit<E: Endpoint<Output = Response>>(next: Arc<E>, mut request: Request) -> Result<Response> {
    let time = exposure(&request).times.body;
    if is_announced_too_long(&request) {
        return Err(too_long().into());
    }
    let body = timeout(time, request.take_body().into_bytes_limit(LONGEST));
    let Ok(body) = body.await else {
        return Err(too_slow(time).into());
    };
    let body = match body {
        Ok(body) => body,
        Err(ReadBodyError::PayloadTooLarge) => return Err(too_long().into()),
        Err(error) => return Err(ApiError::bad_request(format!("body: cannot be read: {error}")).into()),
    };
    request.set_body(Body::from_bytes(body));
    next.call(request).await
}

fn is_announced_too_long(request: &Request) -> bool {
    request
        .header(header::CONTENT_LENGTH)
        .and_then(|length| length.parse::<u64>().ok())
        .is_some_and(|length| length > LONGEST as u64)
}

fn too_slow(limit: Duration) -> ApiError {
    ApiError::new(StatusCode::REQUEST_TIMEOUT, format!("body: did not arrive within {limit:?}"))
}

fn too_long() -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, format!("body: must have at most {LONGEST} bytes"))
}
