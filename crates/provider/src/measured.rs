//! Counts every call to an engine, and how long it took; in a trace it is a span.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use forewarm_domain::task_log::TaskLog;
use forewarm_metrics::process;
use forewarm_traces::TARGET;
use tracing::{Instrument as _, field, trace_span};

use crate::{Outcome, Preheat, Progress, Provider, ProviderError};

/// An engine, measured.
pub(crate) struct Measured {
    instance: String,
    inner: Arc<dyn Provider>,
}

impl Measured {
    pub(crate) fn new(instance: &str, inner: Arc<dyn Provider>) -> Self {
        Self { instance: instance.to_owned(), inner }
    }

    async fn call<T>(
        &self,
        call: &str,
        work: impl Future<Output = Result<T, ProviderError>>,
        word: fn(&T) -> &'static str,
    ) -> Result<T, ProviderError> {
        let begun = Instant::now();
        let span = trace_span!(
            target: TARGET,
            "engine",
            otel.name = format!("engine {call}"),
            otel.kind = "client",
            instance = self.instance,
            result = field::Empty,
            otel.status_code = field::Empty
        );
        let answer = work.instrument(span.clone()).await;
        let result = match &answer {
            Ok(answer) => word(answer),
            Err(error) => error.word(),
        };
        span.record("result", result);
        if answer.is_err() {
            span.record("otel.status_code", "ERROR");
        }
        process().provider_requests.add([&self.instance, call, result]);
        process().provider_request_duration.observe([&self.instance, call], begun.elapsed());
        answer
    }
}

#[async_trait]
impl Provider for Measured {
    async fn ping(&self) -> Result<String, ProviderError> {
        self.call("ping", self.inner.ping(), |_| "ok").await
    }

    async fn find(&self, preheat: &Preheat, log: &TaskLog) -> Result<Option<Progress>, ProviderError> {
        let word = |found: &Option<Progress>| found.as_ref().map_or("none", outcome);
        self.call("find", self.inner.find(preheat, log), word).await
    }

    async fn preheat(&self, preheat: &Preheat, log: &TaskLog) -> Result<Progress, ProviderError> {
        self.call("preheat", self.inner.preheat(preheat, log), outcome).await
    }

    async fn progress(
        &self,
        preheat: &Preheat,
        engine_job: Option<&str>,
        log: &TaskLog,
    ) -> Result<Progress, ProviderError> {
        self.call("progress", self.inner.progress(preheat, engine_job, log), outcome).await
    }
}

fn outcome(progress: &Progress) -> &'static str {
    match progress.outcome {
        Outcome::Running { .. } => "running",
        Outcome::Success { .. } => "success",
        Outcome::Failed { .. } => "failed",
    }
}
