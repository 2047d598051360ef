//! The verdict on each artifact of a repository: what is known first, look-ups last.

use forewarm_domain::artifact::Artifact;
use forewarm_domain::filter::{LeftOut, Selector};
use forewarm_domain::platform::Platform;
use futures::stream::{self, StreamExt, TryStreamExt};

use super::Looked;
use crate::{Registry, RegistryError};

/// Artifacts of one repository whose signatures and scans are looked up side by side.
const ARTIFACTS_AT_ONCE: usize = 4;

pub(super) struct Judge<'a> {
    pub client: &'a dyn Registry,
    pub selector: &'a Selector,
    pub platforms: &'a [Platform],
}

impl Judge<'_> {
    /// What can be decided without a look-up is, at once; only the rest is looked up, some side by side.
    pub(super) async fn judge_all(
        &self,
        artifacts: Vec<Artifact>,
        looked: &mut Looked,
    ) -> Result<(), RegistryError> {
        let mut open = Vec::new();
        for mut artifact in artifacts {
            match self.judge(&mut artifact) {
                Some(verdict) => looked.add(artifact, verdict),
                None => open.push(artifact),
            }
        }
        let look_up = |mut artifact| async move {
            let verdict = self.look_up(&mut artifact).await?;
            Ok::<_, RegistryError>((artifact, verdict))
        };
        let mut judged = stream::iter(open).map(look_up).buffered(ARTIFACTS_AT_ONCE);
        while let Some((artifact, verdict)) = judged.try_next().await? {
            looked.add(artifact, verdict);
        }
        Ok(())
    }

    /// The verdict by what is known, from what costs nothing to what costs most; None = something must be looked up.
    fn judge(&self, artifact: &mut Artifact) -> Option<Result<(), LeftOut>> {
        if let Err(why) = self.selector.labels(&artifact.labels).and_then(|()| self.narrow(artifact)) {
            return Some(Err(why));
        }
        self.judge_look_ups(artifact)
    }

    fn judge_look_ups(&self, artifact: &Artifact) -> Option<Result<(), LeftOut>> {
        if self.selector.max_severity().is_some() {
            let verdict = self.selector.scan(artifact.scan.as_ref()?);
            if verdict.is_err() {
                return Some(verdict);
            }
        }
        if self.selector.needs_signatures() {
            return Some(self.selector.signatures(artifact.signatures.as_ref()?));
        }
        Some(Ok(()))
    }

    /// Scans before signatures: where there are scans, one request tells.
    async fn look_up(&self, artifact: &mut Artifact) -> Result<Result<(), LeftOut>, RegistryError> {
        if let (Some(bar), None) = (self.selector.max_severity(), &artifact.scan) {
            artifact.scan = Some(self.client.scan(artifact, bar.value).await?);
        }
        if let Some(verdict) = self.judge_look_ups(artifact) {
            return Ok(verdict);
        }
        artifact.signatures = Some(self.client.signatures(artifact).await?);
        Ok(self.judge_look_ups(artifact).unwrap_or(Ok(())))
    }

    /// Keeps the manifests of the wanted platforms.
    fn narrow(&self, artifact: &mut Artifact) -> Result<(), LeftOut> {
        if self.platforms.is_empty() {
            return Ok(());
        }
        let there: Vec<String> = artifact.manifests.iter().map(|manifest| name(&manifest.platform)).collect();
        artifact.manifests.retain(|manifest| {
            let found = manifest.platform.as_ref();
            found.is_some_and(|found| self.platforms.iter().any(|wanted| wanted.covers(found)))
        });
        if !artifact.manifests.is_empty() {
            return Ok(());
        }
        let reason = format!("none of the wanted platforms is there, only {}", there.join(", "));
        Err(LeftOut { filter: "platform", reason })
    }
}

fn name(platform: &Option<Platform>) -> String {
    platform.as_ref().map_or_else(|| "an unknown one".to_owned(), ToString::to_string)
}
