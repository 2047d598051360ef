//! From a document to an artifact: is it an image, of which platforms, with which labels.

use std::collections::{BTreeSet, HashMap, HashSet};

use forewarm_domain::artifact::{Artifact, Blob, Manifest};
use forewarm_domain::digest::Digest;
use forewarm_domain::platform::Platform;
use oci_spec::image::{Descriptor, ImageManifest};

use super::Oci;
use super::document::{Content, Document};
use crate::{RegistryError, Wanted};

/// Config media types of images.
pub(super) const IMAGE_CONFIGS: [&str; 2] =
    ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

/// What must be looked up besides the manifest.
#[derive(Debug, Clone, Copy)]
pub(super) struct Needs {
    pub(super) labels: bool,
    pub(super) platforms: bool,
    pub(super) sizes: bool,
}

impl Needs {
    pub(super) fn of(wanted: &Wanted<'_>) -> Self {
        Self { labels: wanted.selector.needs_labels(), platforms: wanted.platforms, sizes: wanted.sizes }
    }
}

/// What is known of one image manifest.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) platform: Option<Platform>,
    pub(super) labels: BTreeSet<String>,
}

impl Facts {
    pub(super) fn annotate(&mut self, annotations: Option<&HashMap<String, String>>) {
        for (key, value) in annotations.into_iter().flatten() {
            self.label(key, value);
        }
    }

    fn label(&mut self, key: &str, value: &str) {
        self.labels.insert(key.to_owned());
        self.labels.insert(format!("{key}={value}"));
    }
}

impl Oci {
    /// The artifact, without its tags. `reference` is how it is called in messages.
    pub(super) async fn image(
        &self,
        repository: &str,
        reference: &str,
        document: &Document,
        needs: Needs,
    ) -> Result<Artifact, RegistryError> {
        let no_image = |why: String| {
            let mark = if reference.contains(':') { '@' } else { ':' };
            RegistryError::Unsuitable(format!("{repository}{mark}{reference} is no image: {why}"))
        };
        let (manifests, labels) = match &document.content {
            Content::Image(manifest) => {
                check(manifest).map_err(no_image)?;
                let facts = self.facts(repository, manifest, needs).await?;
                let only = Manifest {
                    digest: document.digest.clone(),
                    media_type: document.media_type.clone(),
                    platform: facts.platform,
                    size: Some(size(manifest)),
                    blobs: blobs(manifest).ok(),
                };
                (vec![only], facts.labels)
            }
            Content::Index(index) => {
                let (manifests, labels) = self.expand(repository, index, needs).await?;
                if manifests.is_empty() {
                    return Err(no_image("its index lists no image".to_owned()));
                }
                (manifests, labels)
            }
        };
        Ok(Artifact {
            repository: repository.to_owned(),
            digest: document.digest.clone(),
            media_type: document.media_type.clone(),
            tags: vec![],
            labels: labels.into_iter().collect(),
            signatures: None,
            scan: None,
            manifests,
        })
    }

    /// What the manifest and, where needed, its config tell.
    pub(super) async fn facts(
        &self,
        repository: &str,
        manifest: &ImageManifest,
        needs: Needs,
    ) -> Result<Facts, RegistryError> {
        let mut facts = Facts::default();
        if !needs.labels && !needs.platforms {
            return Ok(facts);
        }
        let config = self.config(repository, manifest).await?;
        facts.platform = config.platform();
        if needs.labels {
            facts.annotate(manifest.annotations().as_ref());
            for (key, value) in config.labels() {
                facts.label(key, value);
            }
        }
        Ok(facts)
    }
}

/// Refuses what is packed like an image but is none: charts, WebAssembly, signatures, attestations, SBOMs.
pub(super) fn check(manifest: &ImageManifest) -> Result<(), String> {
    if manifest.subject().is_some() {
        return Err("it is attached to another one (subject)".to_owned());
    }
    let config = manifest.config().media_type().to_string();
    let declared = manifest.artifact_type().as_ref().map(ToString::to_string);
    for media_type in declared.iter().chain([&config]) {
        if !IMAGE_CONFIGS.contains(&media_type.as_str()) {
            return Err(format!("it is {}", describe(media_type)));
        }
    }
    let layers = manifest.layers().iter();
    let mut foreign = layers.filter(|layer| is_statement(layer.media_type().as_ref()));
    match foreign.next() {
        Some(layer) => Err(format!("it holds {}", layer.media_type())),
        None => Ok(()),
    }
}

/// The config and layers, each once, without what the registry is not meant to have.
pub(super) fn blobs(manifest: &ImageManifest) -> Result<Vec<Blob>, RegistryError> {
    let mut seen = HashSet::new();
    let mut blobs = Vec::new();
    let layers = manifest.layers().iter().filter(|layer| !is_elsewhere(layer));
    for part in std::iter::once(manifest.config()).chain(layers) {
        let digest = Digest::parse(part.digest().as_ref())
            .map_err(|error| RegistryError::Unsuitable(format!("a layer cannot be preheated: {error}")))?;
        if seen.insert(digest.clone()) {
            blobs.push(Blob { digest, size: part.size() });
        }
    }
    Ok(blobs)
}

/// Bytes of the config and layers; 0 where they cannot be read, which the task will say.
pub(super) fn size(manifest: &ImageManifest) -> u64 {
    blobs(manifest).map_or(0, |blobs| blobs.iter().map(|blob| blob.size).sum())
}

/// Foreign layers (base layers of Windows, mostly) are fetched from their `urls`, not from the registry.
fn is_elsewhere(layer: &Descriptor) -> bool {
    let media_type = layer.media_type().as_ref();
    let has_urls = layer.urls().as_ref().is_some_and(|urls| !urls.is_empty());
    has_urls || media_type.contains(".foreign.") || media_type.contains(".nondistributable.")
}

fn is_statement(layer: &str) -> bool {
    layer.starts_with("application/vnd.dev.cosign.") || layer.starts_with("application/vnd.in-toto")
}

/// The media type, with a word for the common ones.
fn describe(media_type: &str) -> String {
    let word = match media_type {
        helm if helm.starts_with("application/vnd.cncf.helm.") => "a Helm chart",
        wasm if wasm.contains("wasm") => "a WebAssembly module",
        cosign if cosign.contains(".cosign.") || cosign.contains(".sigstore.") => {
            "a signature or attestation"
        }
        notation if notation.starts_with("application/vnd.cncf.notary.") => "a signature",
        _ => "an artifact of another kind",
    };
    format!("{word} ({media_type})")
}
