//! The manifests that a node could pull of an artifact.

use std::collections::HashSet;

use forewarm_domain::artifact::{IMAGE_MANIFESTS, INDEXES, Manifest};
use forewarm_domain::digest::Digest;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};

use super::Harbor;
use super::row::{Reference, Row};
use crate::{RegistryError, Wanted};

/// Children of one index that are looked at side by side.
const AT_A_TIME: usize = 4;

impl Harbor {
    /// The artifact itself, or the images that its index lists. Sizes are Harbor's, which counts a manifest's own
    /// kilobyte in. A closer look asks for what the list does not tell and the caller wants.
    pub(super) async fn manifests(
        &self,
        repository: &str,
        digest: &Digest,
        row: &Row,
        wanted: &Wanted<'_>,
        closely: bool,
    ) -> Result<Vec<Manifest>, RegistryError> {
        if !INDEXES.contains(&row.manifest_media_type.as_str()) {
            return Ok(vec![self.single(repository, digest, row, wanted, closely).await?]);
        }
        let children = children(row)?;
        if !closely {
            return Ok(children);
        }
        stream::iter(children)
            .map(|child| self.child(repository, child, wanted))
            .buffered(AT_A_TIME)
            .try_collect()
            .await
    }

    async fn single(
        &self,
        repository: &str,
        digest: &Digest,
        row: &Row,
        wanted: &Wanted<'_>,
        closely: bool,
    ) -> Result<Manifest, RegistryError> {
        let mut manifest = Manifest {
            digest: digest.clone(),
            media_type: row.manifest_media_type.clone(),
            platform: row.platform(),
            size: row.size,
            blobs: None,
        };
        let is_arm = manifest.platform.as_ref().is_some_and(|platform| platform.architecture == "arm");
        if closely && wanted.platforms && is_arm {
            // Harbor keeps no variant, and on this architecture it matters: only the config tells it.
            let known = self.distribution.artifact(repository, digest.as_str(), wanted).await;
            let exact = known.ok().and_then(|known| known.manifests.into_iter().next());
            manifest.platform = exact.and_then(|exact| exact.platform).or(manifest.platform);
        }
        Ok(manifest)
    }

    async fn child(
        &self,
        repository: &str,
        mut child: Manifest,
        wanted: &Wanted<'_>,
    ) -> Result<Manifest, RegistryError> {
        if !wanted.sizes && (!wanted.platforms || child.platform.is_some()) {
            return Ok(child);
        }
        let reference = child.digest.to_string();
        let call = self.call(repository, &reference)?.with("with_tag", "false");
        match self.described(call, repository, &reference).await {
            Ok(row) => {
                child.size = row.size;
                child.platform = child.platform.take().or_else(|| row.platform());
                child.media_type = row.manifest_media_type;
                Ok(child)
            }
            // Removed meanwhile; the task for it will say so.
            Err(RegistryError::NotFound(_)) => Ok(child),
            Err(error) => Err(error),
        }
    }
}

/// What the index lists, each digest once, without attestations. Harbor does not say the children's media types:
/// they are taken to be of the index's own family.
fn children(row: &Row) -> Result<Vec<Manifest>, RegistryError> {
    let family = INDEXES.iter().position(|own| *own == row.manifest_media_type).unwrap_or_default();
    let mut seen = HashSet::new();
    let images = row.references().iter().filter(|child| child.is_image());
    let manifest = |child: &Reference| {
        let digest = Digest::parse(&child.child_digest).map_err(|error| {
            RegistryError::Lying(format!("an index lists a manifest without a digest: {error}"))
        })?;
        let media_type = IMAGE_MANIFESTS[family].to_owned();
        Ok(Manifest { digest, media_type, platform: child.platform(), size: None, blobs: None })
    };
    images.filter(|child| seen.insert(child.child_digest.clone())).map(manifest).collect()
}
