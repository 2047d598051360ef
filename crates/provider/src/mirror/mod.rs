//! Any pull-through cache: what is read through it is cached in it. We do the reading.

mod hash;
mod read;
mod walk;

use std::sync::Arc;

use async_trait::async_trait;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::Kind;
use forewarm_domain::task_log::TaskLog;
use forewarm_http::distribution::Session;
use forewarm_http::{ErrorKind, Outbound, error};

use crate::vendor::Vendor;
use crate::{Preheat, Progress, Provider, ProviderError, Subject};

pub(crate) const VENDOR: Vendor = Vendor {
    id: "mirror",
    name: "Mirror",
    description: "Any pull-through cache that speaks the OCI distribution API (a distribution registry in proxy mode, \
                  zot, Nexus, Artifactory). Forewarm reads every manifest and layer through it, so that it holds them.",
    kinds: &[Kind::Image],
    options: &["platforms", "concurrent_task_count", "timeout_seconds"],
    settings: &[],
    connect: |instance, outbound| Arc::new(Mirror::new(instance, outbound)),
    refuses: |_, _| None,
};

struct Mirror {
    session: Session,
}

impl Mirror {
    fn new(instance: &Instance, outbound: &Outbound) -> Self {
        Self {
            session: Session::new(
                instance.endpoint.clone(),
                instance.auth.clone(),
                instance.insecure_tls,
                outbound,
            ),
        }
    }
}

#[async_trait]
impl Provider for Mirror {
    async fn ping(&self) -> Result<String, ProviderError> {
        let place = error::place(self.session.base());
        let answer = self.session.probe().await?;
        if answer.status().is_redirection() || answer.media_type().contains("html") {
            return Err(ProviderError::permanent(format!(
                "{place}: not a registry: /v2/ answers {}",
                answer.status()
            )));
        }
        match answer.success(self.session.clock()).await {
            Ok(_) => Ok("a registry answered and lets us in".to_owned()),
            Err(error) if matches!(error.kind, ErrorKind::Status(401 | 403)) => Err(
                ProviderError::permanent(format!("{place}: the mirror refuses the credentials: {error}")),
            ),
            Err(error) => Err(error.into()),
        }
    }

    /// Reading twice does no harm: what is cached is read from the cache.
    async fn find(&self, _preheat: &Preheat, _log: &TaskLog) -> Result<Option<Progress>, ProviderError> {
        Ok(None)
    }

    async fn preheat(&self, preheat: &Preheat, log: &TaskLog) -> Result<Progress, ProviderError> {
        let Subject::Image(image) = &preheat.subject else {
            return Err(ProviderError::permanent("a mirror cannot preheat files"));
        };
        walk::walk(&self.session, image, &preheat.options, log)
            .await
            .inspect_err(|error| log.error(format!("answered: {error}")))
    }

    /// The reading ends with `preheat`; a look at it means that its end was not recorded.
    async fn progress(
        &self,
        preheat: &Preheat,
        _engine_job: Option<&str>,
        log: &TaskLog,
    ) -> Result<Progress, ProviderError> {
        self.preheat(preheat, log).await
    }
}
