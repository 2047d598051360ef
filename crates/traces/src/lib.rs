//! Traces: spans that only OpenTelemetry sees, and the W3C `traceparent` that ties together what several processes do.
//!
//! Off unless the program has an exporter; then nothing here costs more than looking at a flag.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use opentelemetry::Context;
use opentelemetry::propagation::TextMapPropagator;
use opentelemetry::trace::TraceContextExt;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use tracing::{Span, trace_span};
use tracing_opentelemetry::OpenTelemetrySpanExt;

/// The target of every span that is exported. They are of the level `trace`, so that logs do without them.
pub const TARGET: &str = "forewarm::trace";

/// The header's name.
pub const TRACEPARENT: &str = "traceparent";

static ON: AtomicBool = AtomicBool::new(false);

/// Called once there is an exporter.
pub fn turn_on() {
    ON.store(true, Ordering::Relaxed);
}

pub fn is_on() -> bool {
    ON.load(Ordering::Relaxed)
}

/// The `traceparent` of what goes on here, for whoever goes on with it; None where nothing is traced.
pub fn current() -> Option<String> {
    if !is_on() {
        return None;
    }
    let mut headers = HashMap::new();
    TraceContextPropagator::new().inject_context(&Context::current(), &mut headers);
    headers.remove(TRACEPARENT)
}

/// The same, or that of a new trace with a span of this name where none goes on.
pub fn current_or_new(name: &'static str) -> Option<String> {
    if !is_on() {
        return None;
    }
    current().or_else(|| trace_span!(target: TARGET, "start", otel.name = name).in_scope(current))
}

/// Makes a new span part of the trace that a `traceparent` names. One that cannot be read counts as none.
pub fn continue_in(span: &Span, traceparent: &str) {
    // Fails where the span is not exported, and then there is nothing to do.
    let _ = span.set_parent(read(traceparent));
}

/// Lets a span, of a trace of its own, say what it goes back to.
pub fn link(span: &Span, traceparent: &str) {
    span.add_link(read(traceparent).span().span_context().clone());
}

fn read(traceparent: &str) -> Context {
    let headers = HashMap::from([(TRACEPARENT.to_owned(), traceparent.to_owned())]);
    TraceContextPropagator::new().extract_with_context(&Context::new(), &headers)
}
