//! In a trace, a request is a span, and goes on with the trace that its client sent along.

use std::sync::Arc;

use forewarm_traces::{TARGET, TRACEPARENT, continue_in};
use poem::{Endpoint, Request, Response, Result};
use tracing::{Instrument as _, field, trace_span};

use super::measure;

/// What watches us all the time would bury the rest.
const LEFT_OUT: [&str; 4] = ["/livez", "/readyz", "/healthz", "/metrics"];

pub async fn span<E: Endpoint<Output = Response>>(next: Arc<E>, request: Request) -> Result<Response> {
    let route = measure::route(request.uri().path());
    if !forewarm_traces::is_on() || LEFT_OUT.contains(&route) {
        return next.call(request).await;
    }
    let method = measure::method(request.method());
    let span = trace_span!(
        target: TARGET,
        "request",
        otel.name = format!("{method} {route}"),
        otel.kind = "server",
        http.request.method = method,
        http.route = route,
        http.response.status_code = field::Empty,
        otel.status_code = field::Empty
    );
    if let Some(traceparent) = request.header(TRACEPARENT) {
        continue_in(&span, traceparent);
    }
    let response = next.call(request).instrument(span.clone()).await?;
    span.record("http.response.status_code", response.status().as_u16());
    if response.status().is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    Ok(response)
}
