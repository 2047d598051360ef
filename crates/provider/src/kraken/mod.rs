//! Uber's Kraken, by one of its three entrances. "Preheated" always means: in the disk cache of the origins, never on
//! the nodes.

mod answer;
mod notification;
mod origin;
mod prefetch;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use forewarm_domain::instance::{Instance, InstanceSettings, KrakenMode};
use forewarm_domain::options::Kind;
use forewarm_domain::task::Report;
use forewarm_domain::task_log::TaskLog;
use forewarm_http::Outbound;
use tokio::sync::Semaphore;

use crate::engine::Engine;
use crate::text::Blotter;
use crate::vendor::Vendor;
use crate::{ImagePreheat, Outcome, Preheat, Progress, Provider, ProviderError, Subject};

pub(crate) const VENDOR: Vendor = Vendor {
    id: "kraken",
    name: "Kraken",
    description: "Uber's Kraken. Mode `origin` warms the origins blob by blob and tells the truth; `prefetch` and \
                  `notification` go through the proxy, which only says that it took the request.",
    kinds: &[Kind::Image],
    options: &["platforms", "timeout_seconds"],
    settings: &["kraken_mode", "freshness_seconds"],
    // The idle time (tti) of an origin's cache clean-up, lib/store/cleanup.go of Kraken 0.1.
    keeps: Duration::from_secs(6 * 3600),
    connect: |instance, outbound| Arc::new(Kraken::new(instance, outbound)),
    refuses,
};

/// Looks at one instance at one time.
const LOOKS: usize = 64;

struct Kraken {
    engine: Engine,
    mode: KrakenMode,
    blotter: Blotter,
    looks: Semaphore,
}

/// One request to Kraken, with what all modes need for it.
struct Call<'a> {
    engine: &'a Engine,
    preheat: &'a Preheat,
    image: &'a ImagePreheat,
    blotter: &'a Blotter,
    log: &'a TaskLog,
}

impl Kraken {
    fn new(instance: &Instance, outbound: &Outbound) -> Self {
        Self {
            engine: Engine::of(instance, outbound),
            mode: instance.settings.kraken_mode.unwrap_or_default(),
            blotter: Blotter::of(&instance.auth),
            looks: Semaphore::new(LOOKS),
        }
    }

    fn call<'a>(&'a self, preheat: &'a Preheat, log: &'a TaskLog) -> Result<Call<'a>, ProviderError> {
        let Subject::Image(image) = &preheat.subject else {
            return Err(ProviderError::permanent("Kraken cannot preheat files"));
        };
        Ok(Call { engine: &self.engine, preheat, image, blotter: &self.blotter, log })
    }
}

#[async_trait]
impl Provider for Kraken {
    async fn ping(&self) -> Result<String, ProviderError> {
        let answer = self.engine.get("/health").await?;
        if !answer.is_ok() {
            return Err(answer::explain(&self.engine.place(), &answer, &self.blotter));
        }
        if answer.text() != "OK" {
            return Err(ProviderError::permanent(format!(
                "{}: not Kraken: its /health does not say OK",
                self.engine.place()
            )));
        }
        Ok(format!("Kraken answered (mode {})", name(self.mode)))
    }

    /// Asking Kraken twice does no harm: what is cached or on its way is not loaded again.
    async fn find(&self, _preheat: &Preheat, _log: &TaskLog) -> Result<Option<Progress>, ProviderError> {
        Ok(None)
    }

    async fn preheat(&self, preheat: &Preheat, log: &TaskLog) -> Result<Progress, ProviderError> {
        let call = self.call(preheat, log)?;
        let progress = match self.mode {
            KrakenMode::Origin => origin::submit(&call).await,
            KrakenMode::Prefetch => prefetch::submit(&call).await,
            KrakenMode::Notification => notification::submit(&call).await,
        };
        progress.inspect_err(|error| log.error(format!("answered: {error}")))
    }

    async fn progress(
        &self,
        preheat: &Preheat,
        _engine_job: Option<&str>,
        log: &TaskLog,
    ) -> Result<Progress, ProviderError> {
        let call = self.call(preheat, log)?;
        // Never closed, so there is always a place in the end.
        let _place = self.looks.acquire().await.ok();
        match self.mode {
            KrakenMode::Origin => origin::check(&call).await,
            // These end with the request; a look at one means that its end was not recorded.
            KrakenMode::Prefetch => prefetch::submit(&call).await,
            KrakenMode::Notification => notification::submit(&call).await,
        }
    }
}

impl Call<'_> {
    /// How long an answer may take where Kraken works while we wait: it gives each origin up to 15 minutes.
    fn patience(&self) -> Duration {
        const LONGEST: Duration = Duration::from_secs(15 * 60);
        self.preheat.time_limit().min(LONGEST)
    }

    fn refused(&self, message: String) -> Progress {
        self.log.error(format!("not asked: {message}"));
        ended(Outcome::Failed { message, retry: false })
    }
}

/// Without a report: these modes tell nothing of single blobs.
fn ended(outcome: Outcome) -> Progress {
    Progress { engine_job: None, outcome, report: Report::default() }
}

fn refuses(settings: &InstanceSettings, option: &str) -> Option<&'static str> {
    let mode = settings.kraken_mode.unwrap_or_default();
    (mode == KrakenMode::Prefetch && option == "platforms").then_some(
        "is an option that Kraken's prefetch mode cannot honour: it loads every platform that a tag names",
    )
}

fn name(mode: KrakenMode) -> &'static str {
    match mode {
        KrakenMode::Origin => "origin",
        KrakenMode::Prefetch => "prefetch",
        KrakenMode::Notification => "notification",
    }
}
