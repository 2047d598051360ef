//! Any pull-through cache: what is read through it is cached in it. We do the reading.
//!
//! Some caches keep each origin below a name of their own (a proxy-cache project of Harbor, a repository of
//! Artifactory): their endpoint is given with `/v2/<name>`, for example `https://harbor.example.com/v2/dockerhub`.

mod hash;
mod read;
mod walk;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::Kind;
use forewarm_domain::task_log::TaskLog;
use forewarm_http::distribution::Session;
use forewarm_http::{ErrorKind, Outbound, error};
use url::Url;

use crate::vendor::Vendor;
use crate::{ImagePreheat, Preheat, Progress, Provider, ProviderError, Subject};

pub(crate) const VENDOR: Vendor = Vendor {
    id: "mirror",
    name: "Mirror",
    description: "Any pull-through cache that speaks the OCI distribution API (a distribution registry in proxy mode, \
                  zot, Nexus, Artifactory, Harbor). Forewarm reads every manifest and layer through it, so that it \
                  holds them. The endpoint of a Harbor proxy-cache project is https://<harbor>/v2/<project>.",
    kinds: &[Kind::Image],
    options: &["platforms", "concurrent_task_count", "timeout_seconds"],
    settings: &["freshness_seconds"],
    // What the distribution registry keeps in proxy mode (proxy.ttl, 168 h unless configured); others keep more.
    keeps: Duration::from_secs(7 * 24 * 3600),
    connect: |instance, outbound| Arc::new(Mirror::new(instance, outbound)),
    refuses: |_, _| None,
};

struct Mirror {
    session: Session,
    /// What comes before the names of repositories; empty or with a slash at its end.
    prefix: String,
}

impl Mirror {
    fn new(instance: &Instance, outbound: &Outbound) -> Self {
        let (base, prefix) = split(&instance.endpoint);
        Self { session: Session::new(base, instance.auth.clone(), instance.insecure_tls, outbound), prefix }
    }
}

/// The registry's base address, and the prefix of its repositories.
fn split(endpoint: &Url) -> (Url, String) {
    let mut base = endpoint.clone();
    let path = format!("{}/", endpoint.path().trim_end_matches('/'));
    match path.split_once("/v2/") {
        Some((before, prefix)) => {
            base.set_path(before);
            (base, prefix.to_owned())
        }
        None => (base, String::new()),
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
            Err(error) if matches!(error.kind, ErrorKind::Status(401 | 403)) => {
                Err(ProviderError::permanent(format!("{place}: the mirror refuses the credentials: {error}")))
            }
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
        let image =
            ImagePreheat { repository: format!("{}{}", self.prefix, image.repository), ..image.clone() };
        walk::walk(&self.session, &image, preheat, log)
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
