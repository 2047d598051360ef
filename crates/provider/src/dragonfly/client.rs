//! The manager's Open API, as far as a preheat needs it.

use std::time::Duration;

use forewarm_http::{ErrorKind, HttpError};
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::job::{Cluster, Job};
use super::refusal;
use crate::engine::{Answer, Engine};
use crate::text::{Blotter, plural};
use crate::{Preheat, ProviderError};

/// The manager reads the manifests before it answers, up to 60 s for each request to the registry.
pub(super) const CREATE_TIMEOUT: Duration = Duration::from_secs(150);

pub(super) struct Client {
    engine: Engine,
    blotter: Blotter,
}

impl Client {
    pub(super) fn new(engine: Engine, blotter: Blotter) -> Self {
        Self { engine, blotter }
    }

    /// The same client, which also hides the secrets of this task.
    pub(super) fn blotting(&self, preheat: &Preheat) -> Self {
        Self::new(self.engine.clone(), self.blotter.clone().and(preheat))
    }

    pub(super) fn place(&self) -> String {
        self.engine.place()
    }

    /// Whether a manager answers at all; it asks for no credentials here.
    pub(super) async fn healthy(&self) -> Result<(), ProviderError> {
        let answer = self.engine.get("/healthy").await?;
        if !answer.is_ok() {
            return Err(self.explain(&answer, false));
        }
        if answer.json() != Some(Value::from("OK")) {
            return Err(self.stranger("its /healthy does not say \"OK\""));
        }
        Ok(())
    }

    /// Preheats, newest first. None = the page is too large: rows hold their results.
    pub(super) async fn jobs(&self, page: u32, per_page: u32) -> Result<Option<Vec<Job>>, ProviderError> {
        let path = format!("/oapi/v1/jobs?type=preheat&page={page}&per_page={per_page}");
        match self.engine.list(&path).await {
            Ok(answer) => self.parse(&answer).map(Some),
            Err(error) if error.kind == ErrorKind::TooLarge => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// None = the manager knows no such job (any more).
    pub(super) async fn job(&self, id: u64) -> Result<Option<Job>, ProviderError> {
        let answer = self.engine.get(&format!("/oapi/v1/jobs/{id}")).await?;
        if answer.status == 404 && answer.json().is_some() {
            return Ok(None);
        }
        let job: Job = self.parse(&answer)?;
        if job.id != id {
            return Err(self.stranger("it answers with something that is not the job asked for"));
        }
        Ok(Some(job))
    }

    /// Makes a job. The manager has no idempotency key: after [`ProviderError::Unknown`] look for the job first.
    pub(super) async fn create(&self, body: &Value, clusters: &[i64]) -> Result<Job, ProviderError> {
        let answer = self.engine.post("/oapi/v1/jobs", Some(body), CREATE_TIMEOUT).await.map_err(lost)?;
        if answer.status == 429 && !clusters.is_empty() {
            self.check_clusters(clusters).await?;
        }
        if !answer.is_ok() || answer.is_html() {
            return Err(self.explain(&answer, true));
        }
        let job = serde_json::from_slice::<Job>(&answer.body);
        job.ok().filter(|job| job.id > 0).ok_or_else(|| {
            let message = format!("{}: the manager's answer to a new job is broken", self.place());
            ProviderError::Unknown { message }
        })
    }

    /// The manager answers 429 also to a cluster that does not exist, for ever.
    async fn check_clusters(&self, wanted: &[i64]) -> Result<(), ProviderError> {
        let answer = self.engine.get("/oapi/v1/clusters?page=1&per_page=10000").await?;
        if !answer.is_ok() {
            // The token may lack the scope `cluster`; then there is no telling.
            return Ok(());
        }
        let known: Vec<i64> = self.parse::<Vec<Cluster>>(&answer)?.iter().map(|cluster| cluster.id).collect();
        let unknown: Vec<String> =
            wanted.iter().filter(|id| !known.contains(id)).map(ToString::to_string).collect();
        if unknown.is_empty() {
            return Ok(());
        }
        let noun = plural(unknown.len(), "cluster");
        let noun = noun.trim_start_matches(|c: char| c.is_ascii_digit() || c == ' ');
        Err(ProviderError::permanent(format!(
            "{}: unknown {noun} {}: the manager has no scheduler cluster with this id",
            self.place(),
            unknown.join(", ")
        )))
    }

    fn parse<T: DeserializeOwned>(&self, answer: &Answer) -> Result<T, ProviderError> {
        if !answer.is_ok() {
            return Err(self.explain(answer, false));
        }
        serde_json::from_slice(&answer.body).map_err(|error| {
            if answer.is_html() || error.is_data() {
                self.stranger("its answer is not a manager's JSON")
            } else {
                // Cut short on the way, or garbled by a proxy.
                ProviderError::transient(format!("{}: the answer is broken: {error}", self.place()))
            }
        })
    }

    fn explain(&self, answer: &Answer, creates: bool) -> ProviderError {
        refusal::explain(&self.place(), answer, creates, &self.blotter)
    }

    fn stranger(&self, what: &str) -> ProviderError {
        refusal::stranger(&self.place(), what)
    }
}

/// Unless the request cannot have reached the manager, it may have made the job although the answer was lost.
fn lost(error: HttpError) -> ProviderError {
    match error.kind {
        ErrorKind::Timeout | ErrorKind::Connection | ErrorKind::TooLarge => {
            ProviderError::Unknown { message: error.message }
        }
        _ => error.into(),
    }
}
