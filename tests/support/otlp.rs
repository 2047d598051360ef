//! A collector of OpenTelemetry: takes spans in by http/protobuf and keeps them.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::Data;
use poem::{Body, EndpointExt, Route, handler, post};
use prost::Message;
use tokio::task::JoinHandle;

/// Far more than it takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// A span, as far as tests look at it; ids are hexadecimal, as in `traceparent`.
#[derive(Debug, Clone)]
pub struct Span {
    pub name: String,
    pub trace: String,
    pub id: String,
    /// Empty: none.
    pub parent: String,
    /// The service that sent it.
    pub service: String,
    pub links: usize,
}

type Spans = Arc<Mutex<Vec<Span>>>;

/// Ends with this value.
pub struct Collector {
    pub url: String,
    spans: Spans,
    server: JoinHandle<()>,
}

impl Collector {
    pub async fn start() -> Self {
        let spans = Spans::default();
        let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
        let address = acceptor.local_addr()[0].as_socket_addr().copied().unwrap();
        let app = Route::new().at("/v1/traces", post(take)).data(spans.clone());
        let server = poem::Server::new_with_acceptor(acceptor).run(app);
        let server = tokio::spawn(async move { server.await.unwrap() });
        Self { url: format!("http://{address}"), spans, server }
    }

    /// Waits until spans with all of these names have come, and returns every span.
    pub async fn spans_with(&self, names: &[&str]) -> Vec<Span> {
        let begun = Instant::now();
        loop {
            let spans = self.spans.lock().unwrap().clone();
            if names.iter().all(|name| spans.iter().any(|span| span.name == *name)) {
                return spans;
            }
            let found: Vec<&str> = spans.iter().map(|span| span.name.as_str()).collect();
            assert!(begun.elapsed() < PATIENCE, "of {names:?} only {found:?} came");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[handler]
async fn take(body: Body, spans: Data<&Spans>) -> StatusCode {
    let Ok(request) = ExportTraceServiceRequest::decode(body.into_bytes().await.unwrap()) else {
        return StatusCode::BAD_REQUEST;
    };
    for resource in request.resource_spans {
        let attributes = resource.resource.unwrap_or_default().attributes;
        let named = attributes.into_iter().find(|attribute| attribute.key == "service.name");
        let service = match named.and_then(|attribute| attribute.value).and_then(|value| value.value) {
            Some(Value::StringValue(name)) => name,
            _ => String::new(),
        };
        let found = resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
        spans.lock().unwrap().extend(found.map(|span| Span {
            name: span.name,
            trace: hex::encode(span.trace_id),
            id: hex::encode(span.span_id),
            parent: hex::encode(span.parent_span_id),
            service: service.clone(),
            links: span.links.len(),
        }));
    }
    StatusCode::OK
}
