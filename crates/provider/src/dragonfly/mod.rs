//! Dragonfly: the manager's Open API (2.1.59 and later; peer choice by count, percentage and ips since 2.3.1).

mod args;
mod client;
mod expected;
mod find;
mod job;
mod lookup;
mod origin;
mod ping;
mod refusal;
mod result;
mod schedule;
mod table;
mod verdict;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::Kind;
use forewarm_domain::task_log::TaskLog;
use forewarm_http::Outbound;
use url::Url;

use crate::engine::Engine;
use crate::text::Blotter;
use crate::vendor::Vendor;
use crate::{ASK_WITHIN, Outcome, Preheat, Progress, Provider, ProviderError};
use client::Client;
use lookup::Lookup;

pub(crate) const VENDOR: Vendor = Vendor {
    id: "dragonfly",
    name: "Dragonfly",
    description: "CNCF Dragonfly, through its manager's Open API with a personal access token. Warms seed peers or \
                  all peers, and tells which peer got which layer.",
    kinds: &[Kind::Image, Kind::File],
    options: &[
        "scope",
        "count",
        "percentage",
        "ips",
        "scheduler_cluster_ids",
        "platforms",
        "piece_length",
        "tag",
        "application",
        "filtered_query_params",
        "concurrent_task_count",
        "concurrent_peer_count",
        "timeout_seconds",
        "headers",
        "username",
        "password",
    ],
    settings: &["registry_url", "check_seconds", "freshness_seconds"],
    // gc.policy.taskTTL of the Dragonfly client (2.x).
    keeps: Duration::from_secs(6 * 3600),
    connect: |instance, outbound| Arc::new(Dragonfly::new(instance, outbound)),
    refuses: |_, _| None,
};

struct Dragonfly {
    client: Arc<Client>,
    lookup: Arc<Lookup>,
    /// The registry's address as the nodes see it, where it differs from ours.
    registry_url: Option<Url>,
    /// How long to wait between two looks, where the user wants another rhythm than the manager's.
    check_in: Option<Duration>,
    blotter: Blotter,
}

impl Dragonfly {
    fn new(instance: &Instance, outbound: &Outbound) -> Self {
        let blotter = Blotter::of(&instance.auth);
        Self {
            client: Arc::new(Client::new(Engine::of(instance, outbound), blotter.clone())),
            lookup: Arc::default(),
            registry_url: instance.settings.registry_url.clone(),
            check_in: instance.settings.check_seconds.map(|seconds| Duration::from_secs(seconds.into())),
            blotter,
        }
    }

    /// The row appears only after the manager has read the manifests: until our own request would have timed out, a
    /// list without it proves nothing, and asking again could make a second job.
    fn too_early(&self, preheat: &Preheat) -> Option<ProviderError> {
        let longest = ASK_WITHIN + client::CREATE_TIMEOUT;
        let left = longest.checked_sub(preheat.elapsed()).filter(|left| !left.is_zero())?;
        let message = format!(
            "{}: no job of ours at the manager yet; it may still be reading the manifests",
            self.client.place()
        );
        preheat.submitted_at.map(|_| ProviderError::Busy { message, retry_after: Some(left) })
    }

    fn submitted(&self, job: &job::Job, preheat: &Preheat) -> Progress {
        let check_in = schedule::next(preheat.elapsed(), rand::random()).unwrap_or(schedule::FIRST);
        self.paced(Progress {
            engine_job: Some(job.id.to_string()),
            outcome: Outcome::Running { check_in, message: format!("Dragonfly works on job {}", job.id) },
            report: verdict::nothing_yet(preheat),
        })
    }

    /// The same, in the rhythm that the user wants.
    fn paced(&self, mut progress: Progress) -> Progress {
        if let (Outcome::Running { check_in, .. }, Some(wanted)) = (&mut progress.outcome, self.check_in) {
            *check_in = wanted;
        }
        progress
    }
}

#[async_trait]
impl Provider for Dragonfly {
    async fn ping(&self) -> Result<String, ProviderError> {
        ping::ping(&self.client).await
    }

    async fn find(&self, preheat: &Preheat, log: &TaskLog) -> Result<Option<Progress>, ProviderError> {
        let client = self.client.blotting(preheat);
        match find::find(&client, preheat, log).await? {
            Some(job) => Ok(Some(self.submitted(&job, preheat))),
            None => self.too_early(preheat).map_or(Ok(None), Err),
        }
    }

    async fn preheat(&self, preheat: &Preheat, log: &TaskLog) -> Result<Progress, ProviderError> {
        let client = self.client.blotting(preheat);
        let request = args::request(preheat, self.registry_url.as_ref());
        log.info(format!("asked: POST {}/oapi/v1/jobs {}", client.place(), args::redacted(&request)));
        match client.create(&request, &preheat.options.scheduler_cluster_ids).await {
            Ok(job) => {
                log.info(format!("answered: job {}, {}", job.id, job.state));
                Ok(self.submitted(&job, preheat))
            }
            Err(error) => {
                log.error(format!("answered: {error}"));
                Err(error)
            }
        }
    }

    async fn progress(
        &self,
        preheat: &Preheat,
        engine_job: Option<&str>,
        log: &TaskLog,
    ) -> Result<Progress, ProviderError> {
        let id: u64 = engine_job.and_then(|id| id.parse().ok()).ok_or_else(|| {
            let message = "the manager's number of the job was never learnt".to_owned();
            ProviderError::Unknown { message }
        })?;
        let job = self
            .lookup
            .job(id, &self.client, self.blotter.clone().and(preheat))
            .await
            .inspect_err(|error| log.warning(format!("asked for job {id}, answered: {error}")))?;
        let judge = verdict::Judge {
            preheat,
            elapsed: preheat.elapsed(),
            blotter: &self.blotter.clone().and(preheat),
        };
        Ok(self.paced(judge.progress(id, job.as_deref(), log)))
    }
}
