//! Where traces go: to a collector that speaks OTLP by http/protobuf, as OpenTelemetry's own variables say.

use std::env;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::Context as _;
use async_trait::async_trait;
use forewarm_http::{Client, Outbound};
use forewarm_traces::TARGET;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{SpanExporter, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tokio::runtime::Handle;
use tracing::Subscriber;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::registry::LookupSpan;
use url::Url;

/// Either of them turns traces on.
const ENDPOINTS: [&str; 2] = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"];
const NAMES: [&str; 2] = ["OTEL_SERVICE_NAME", "OTEL_RESOURCE_ATTRIBUTES"];
/// A collector that takes longer loses a batch of spans, and nobody waits for it.
const TIMEOUT: Duration = Duration::from_secs(10);

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// The layer that sends our spans; None where no collector is named.
pub fn layer<S>() -> anyhow::Result<Option<impl Layer<S>>>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    if !is_wanted() {
        return Ok(None);
    }
    let client = Delivery {
        client: Outbound::unguarded().client(false).clone(),
        runtime: Handle::current(),
        fails: AtomicBool::new(false),
    };
    let exporter = SpanExporter::builder().with_http().with_http_client(client).build();
    let exporter = exporter.context("traces cannot be sent as the OTEL_ variables say")?;
    let provider =
        SdkTracerProvider::builder().with_batch_exporter(exporter).with_resource(resource()).build();
    let tracer = provider.tracer("forewarm");
    // Logging is started once.
    let _ = PROVIDER.set(provider);
    forewarm_traces::turn_on();
    let layer = tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false);
    Ok(Some(layer.with_filter(Targets::new().with_target(TARGET, LevelFilter::TRACE))))
}

/// Sends what is left, before the process ends.
pub async fn end() {
    let Some(provider) = PROVIDER.get() else { return };
    let ended = tokio::task::spawn_blocking(|| provider.shutdown()).await;
    if let Ok(Err(error)) = ended {
        tracing::warn!(%error, "the last spans could not be delivered");
    }
}

fn is_wanted() -> bool {
    let variable = |name: &str| env::var(name).unwrap_or_default().trim().to_lowercase();
    ENDPOINTS.iter().any(|name| !variable(name).is_empty())
        && variable("OTEL_SDK_DISABLED") != "true"
        && variable("OTEL_TRACES_EXPORTER") != "none"
}

/// What the variables say of this process comes first.
fn resource() -> Resource {
    let resource = Resource::builder();
    let is_named = NAMES.iter().any(|name| env::var(name).is_ok_and(|value| !value.is_empty()));
    if is_named { resource.build() } else { resource.with_service_name("forewarm").build() }
}

/// Sends batches by our own client. They come from a thread of the SDK, which has no runtime.
#[derive(Debug)]
struct Delivery {
    client: Client,
    runtime: Handle,
    /// So that an outage is told once.
    fails: AtomicBool,
}

#[async_trait]
impl HttpClient for Delivery {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sent = self.send(request).await;
        match &sent {
            Ok(answer) if answer.status().is_success() => self.fails.store(false, Ordering::Relaxed),
            Ok(answer) => self.complain(&answer.status()),
            Err(error) => self.complain(error),
        }
        sent
    }
}

impl Delivery {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let (head, body) = request.into_parts();
        let url = Url::parse(&head.uri.to_string())?;
        let request =
            self.client.request(head.method, &url)?.headers(head.headers).body(body).timeout(TIMEOUT);
        let exchange = async move {
            let answer = request.send().await?;
            let status = answer.status();
            let mut response = Response::new(answer.bytes().await?);
            *response.status_mut() = status;
            Ok::<_, reqwest::Error>(response)
        };
        Ok(self.runtime.spawn(exchange).await??)
    }

    fn complain(&self, cause: &dyn std::fmt::Display) {
        if !self.fails.swap(true, Ordering::Relaxed) {
            tracing::warn!(%cause, "traces cannot be delivered; spans are dropped until they can");
        }
    }
}
