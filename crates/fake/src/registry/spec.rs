//! Descriptions of what to push.

use std::collections::BTreeMap;

use super::media;
use crate::deterministic_bytes;

/// One image for one platform.
#[derive(Debug, Clone)]
pub struct ImageSpec {
    pub platform: String,
    pub labels: BTreeMap<String, String>,
    pub annotations: BTreeMap<String, String>,
    /// The layers' bytes. An image without any gets a small one that depends on its name.
    pub layers: Vec<Vec<u8>>,
    /// Docker's media types instead of OCI's.
    pub docker: bool,
}

impl Default for ImageSpec {
    fn default() -> Self {
        Self {
            platform: "linux/amd64".to_owned(),
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
            layers: Vec::new(),
            docker: false,
        }
    }
}

impl ImageSpec {
    pub fn of(platform: &str) -> Self {
        Self { platform: platform.to_owned(), ..Self::default() }
    }

    #[must_use]
    pub fn label(mut self, key: &str, value: &str) -> Self {
        self.labels.insert(key.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        self.annotations.insert(key.to_owned(), value.to_owned());
        self
    }

    #[must_use]
    pub fn layer(mut self, bytes: Vec<u8>) -> Self {
        self.layers.push(bytes);
        self
    }

    /// A layer of this size; its bytes depend on `seed` alone.
    #[must_use]
    pub fn layer_of(self, seed: &str, size: usize) -> Self {
        self.layer(deterministic_bytes(seed, size))
    }

    #[must_use]
    pub fn docker(self) -> Self {
        Self { docker: true, ..self }
    }

    pub(crate) fn media_types(&self) -> (&'static str, &'static str, &'static str) {
        if self.docker {
            (media::DOCKER_MANIFEST, media::DOCKER_CONFIG, media::DOCKER_LAYER)
        } else {
            (media::OCI_MANIFEST, media::OCI_CONFIG, media::OCI_LAYER)
        }
    }
}

/// Several images under one name.
#[derive(Debug, Clone, Default)]
pub struct IndexSpec {
    pub images: Vec<ImageSpec>,
    pub annotations: BTreeMap<String, String>,
    /// Adds what BuildKit adds for each image: an attestation with the platform `unknown/unknown`.
    pub attestation: bool,
    /// A Docker manifest list instead of an OCI index.
    pub docker: bool,
}

/// Anything that is no image.
#[derive(Debug, Clone)]
pub struct ArtifactSpec {
    pub config_type: String,
    pub artifact_type: Option<String>,
    pub layer_type: String,
    pub layer: Vec<u8>,
    /// The digest of what this belongs to; the registry then lists it as a referrer.
    pub subject: Option<String>,
    pub annotations: BTreeMap<String, String>,
}

impl ArtifactSpec {
    /// A Helm chart.
    pub fn helm(seed: &str) -> Self {
        Self {
            config_type: media::HELM_CONFIG.to_owned(),
            artifact_type: None,
            layer_type: media::HELM_LAYER.to_owned(),
            layer: deterministic_bytes(seed, 2_000),
            subject: None,
            annotations: BTreeMap::new(),
        }
    }

    /// What `cosign sign` pushes under the tag `sha256-<hex>.sig`.
    pub fn cosign(digest: &str) -> Self {
        let payload = serde_json::json!({
            "critical": {
                "identity": {"docker-reference": ""},
                "image": {"docker-manifest-digest": digest},
                "type": "cosign container image signature",
            },
            "optional": null,
        });
        Self {
            config_type: media::OCI_CONFIG.to_owned(),
            layer_type: media::COSIGN_LAYER.to_owned(),
            layer: payload.to_string().into_bytes(),
            ..Self::helm("")
        }
    }

    /// What `cosign sign` pushes as a referrer of its subject.
    pub fn cosign_referrer(digest: &str) -> Self {
        Self {
            config_type: media::COSIGN_ARTIFACT.to_owned(),
            artifact_type: Some(media::COSIGN_ARTIFACT.to_owned()),
            subject: Some(digest.to_owned()),
            ..Self::cosign(digest)
        }
    }

    /// Any artifact that names its type the way of OCI 1.1.
    pub fn of_type(artifact_type: &str, content: &[u8]) -> Self {
        Self {
            config_type: media::OCI_EMPTY.to_owned(),
            artifact_type: Some(artifact_type.to_owned()),
            layer_type: "application/octet-stream".to_owned(),
            layer: content.to_vec(),
            ..Self::helm("")
        }
    }

    #[must_use]
    pub fn subject(self, digest: &str) -> Self {
        Self { subject: Some(digest.to_owned()), ..self }
    }
}
