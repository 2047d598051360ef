//! One log line for each request: what, how it ended, how long it took. Never the query, which may hold secrets.

use std::sync::Arc;
use std::time::Instant;

use poem::{Endpoint, Request, Response, Result};
use poem_openapi::OperationId;
use tracing::Instrument;

use super::request_id::RequestId;

pub async fn trace<E: Endpoint<Output = Response>>(next: Arc<E>, request: Request) -> Result<Response> {
    let id = request.extensions().get::<RequestId>().map_or("", |id| id.0.as_str());
    let span = tracing::info_span!("request", request_id = id);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let start = Instant::now();
    let result = next.call(request).instrument(span.clone()).await;
    if let Ok(response) = &result {
        let operation = response.data::<OperationId>().map_or("", |id| id.0);
        let _entered = span.enter();
        tracing::info!(
            %method,
            path,
            operation,
            status = response.status().as_u16(),
            milliseconds = start.elapsed().as_millis(),
            "answered"
        );
    }
    result
}
