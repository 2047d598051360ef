//! No request is worked on for ever.

use std::sync::Arc;
use std::time::Duration;

use poem::http::{Method, StatusCode};
use poem::{Endpoint, Request, Response, Result};
use tokio::time::timeout;

use super::exposure;
use crate::error::ApiError;
use crate::exposure::Times;

/// Paths of requests that wait for a registry or an engine end so.
const REMOTE: [&str; 2] = ["/ping", "/preview"];

pub async fn time_limit<E: Endpoint<Output = Response>>(next: Arc<E>, request: Request) -> Result<Response> {
    let limit = limit(&request, &exposure(&request).times);
    match timeout(limit, next.call(request)).await {
        Ok(answer) => answer,
        Err(_) => Err(too_long(limit).into()),
    }
}

fn limit(request: &Request, times: &Times) -> Duration {
    let path = request.uri().path();
    let is_remote = request.method() == Method::POST && REMOTE.iter().any(|end| path.ends_with(end));
    if is_remote { times.remote } else { times.answer }
}

fn too_long(limit: Duration) -> ApiError {
    let message = format!("not done within {limit:?} and given up; look what is there before you try again");
    let error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message);
    ApiError { cause: Some("the request's time limit".to_owned()), ..error }
}
