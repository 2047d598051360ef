//! The images that an index lists.

use std::collections::{BTreeSet, HashSet};

use forewarm_domain::artifact::{IMAGE_MANIFESTS, INDEXES, Manifest};
use forewarm_domain::digest::Digest;
use forewarm_domain::platform::Platform;
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use oci_spec::image::{Descriptor, ImageIndex};

use super::config::platform;
use super::document::Content;
use super::image::{Facts, IMAGE_CONFIGS, Needs, blobs, check, size};
use super::{AT_A_TIME, Oci};
use crate::RegistryError;

/// BuildKit marks attestations in an index so.
const REFERENCE_TYPE: &str = "vnd.docker.reference.type";

impl Oci {
    /// The manifests of the index that are images, and the labels of the index and of all of them.
    pub(super) async fn expand(
        &self,
        repository: &str,
        index: &ImageIndex,
        needs: Needs,
    ) -> Result<(Vec<Manifest>, BTreeSet<String>), RegistryError> {
        let mut facts = Facts::default();
        if needs.labels {
            facts.annotate(index.annotations().as_ref());
        }
        if index.subject().is_some() {
            return Ok((vec![], facts.labels));
        }
        let entries = self.entries(repository, index).await?;
        let children: Vec<Option<(Manifest, Facts)>> = stream::iter(entries)
            .map(|entry| self.child(repository, entry, needs))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let mut manifests = Vec::new();
        for (manifest, child) in children.into_iter().flatten() {
            facts.labels.extend(child.labels);
            manifests.push(manifest);
        }
        Ok((manifests, facts.labels))
    }

    /// The entries that may be images, each digest once; those of an index within the index in its place.
    async fn entries(&self, repository: &str, index: &ImageIndex) -> Result<Vec<Manifest>, RegistryError> {
        let mut entries = Vec::new();
        for descriptor in index.manifests() {
            if !INDEXES.contains(&descriptor.media_type().as_ref()) {
                entries.extend(entry(descriptor)?);
                continue;
            }
            let inner = self.read(repository, &digest(descriptor)?).await?;
            // An index within this one is not looked into: nobody builds such, and it could go on for ever.
            if let Content::Index(inner) = inner.content {
                for descriptor in inner.manifests() {
                    entries.extend(entry(descriptor)?);
                }
            }
        }
        let mut seen = HashSet::new();
        entries.retain(|entry| seen.insert(entry.digest.clone()));
        Ok(entries)
    }

    /// Looks at the manifest itself where the index does not tell enough. None = no image after all.
    async fn child(
        &self,
        repository: &str,
        mut entry: Manifest,
        needs: Needs,
    ) -> Result<Option<(Manifest, Facts)>, RegistryError> {
        if entry.platform.is_some() && !needs.labels && !needs.sizes {
            return Ok(Some((entry, Facts::default())));
        }
        let document = match self.read(repository, &entry.digest).await {
            Ok(document) => document,
            // An index may list what was never pushed or was deleted; the task for it will say so.
            Err(RegistryError::NotFound(_)) => return Ok(Some((entry, Facts::default()))),
            Err(RegistryError::Unsuitable(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let Content::Image(manifest) = document.content else {
            return Ok(None);
        };
        if check(&manifest).is_err() {
            return Ok(None);
        }
        entry.size = Some(size(&manifest));
        entry.blobs = blobs(&manifest).ok();
        let facts = self.facts(repository, &manifest, needs).await?;
        entry.platform = entry.platform.or_else(|| facts.platform.clone());
        Ok(Some((entry, facts)))
    }
}

/// The entry as a manifest; None when the index already tells that it is no image.
fn entry(descriptor: &Descriptor) -> Result<Option<Manifest>, RegistryError> {
    let media_type = descriptor.media_type().to_string();
    let platform = own_platform(descriptor);
    let other = descriptor.artifact_type().as_ref().map(ToString::to_string);
    let is_image = IMAGE_MANIFESTS.contains(&media_type.as_str())
        && other.is_none_or(|kind| IMAGE_CONFIGS.contains(&kind.as_str()))
        && !platform.as_ref().is_some_and(Platform::is_unknown)
        && !is_attestation(descriptor);
    if !is_image {
        return Ok(None);
    }
    Ok(Some(Manifest { digest: digest(descriptor)?, media_type, platform, size: None, blobs: None }))
}

fn digest(descriptor: &Descriptor) -> Result<Digest, RegistryError> {
    Digest::parse(descriptor.digest().as_ref()).map_err(|error| {
        RegistryError::Unsuitable(format!("an index lists a manifest that cannot be preheated: {error}"))
    })
}

fn own_platform(descriptor: &Descriptor) -> Option<Platform> {
    let own = descriptor.platform().as_ref()?;
    platform(&own.os().to_string(), &own.architecture().to_string(), own.variant().as_deref())
}

fn is_attestation(descriptor: &Descriptor) -> bool {
    let annotations = descriptor.annotations().as_ref();
    annotations.is_some_and(|annotations| annotations.contains_key(REFERENCE_TYPE))
}
