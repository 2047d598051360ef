//! An image's config: its platform and labels.

use std::collections::BTreeMap;

use forewarm_domain::digest::Digest;
use forewarm_domain::platform::Platform;
use forewarm_http::distribution::{MANIFEST_LIMIT, pull_scope};
use forewarm_http::error::place;
use oci_spec::image::ImageManifest;
use serde::Deserialize;
use serde_json::Value;

use super::explain::explain;
use super::{Oci, verify};
use crate::RegistryError;

/// The few fields that matter. oci-spec's type refuses configs without `rootfs`, which some builders write.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ImageConfig {
    os: Option<String>,
    architecture: Option<String>,
    variant: Option<String>,
    config: Option<Runtime>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Runtime {
    #[serde(rename = "Labels")]
    labels: Option<BTreeMap<String, Value>>,
}

impl ImageConfig {
    pub(super) fn platform(&self) -> Option<Platform> {
        let (os, architecture) = (self.os.as_deref()?, self.architecture.as_deref()?);
        platform(os, architecture, self.variant.as_deref())
    }

    pub(super) fn labels(&self) -> impl Iterator<Item = (&str, &str)> {
        let labels = self.config.as_ref().and_then(|config| config.labels.as_ref());
        labels.into_iter().flatten().filter_map(|(key, value)| Some((key.as_str(), value.as_str()?)))
    }
}

/// A platform out of its parts; None when they make none.
pub(crate) fn platform(os: &str, architecture: &str, variant: Option<&str>) -> Option<Platform> {
    let text = match variant.filter(|variant| !variant.is_empty()) {
        Some(variant) => format!("{os}/{architecture}/{variant}"),
        None => format!("{os}/{architecture}"),
    };
    text.parse().ok()
}

impl Oci {
    pub(super) async fn config(
        &self,
        repository: &str,
        manifest: &ImageManifest,
    ) -> Result<ImageConfig, RegistryError> {
        let what = format!("the image config of {repository}");
        let digest = manifest.config().digest().to_string();
        let digest =
            Digest::parse(&digest).map_err(|error| RegistryError::Unsuitable(format!("{what}: {error}")))?;
        let path = format!("{repository}/blobs/{digest}");
        let answer = self.session.get(&path, "*/*", &pull_scope(repository)).await;
        let answer = answer.map_err(|error| explain(error, &what))?;
        let answer = answer.success(self.session.clock()).await;
        let answer = answer.map_err(|error| explain(error, &what))?;
        let body = answer.read(MANIFEST_LIMIT).await;
        let body = body.map_err(|error| explain(error, &what))?;
        let place = place(self.session.base());
        if !verify::is(&digest, &body) {
            return Err(RegistryError::Lying(format!("{what}: {place} sent something else than {digest}")));
        }
        serde_json::from_slice(&body).map_err(|error| {
            RegistryError::Unsuitable(format!("{what}, {digest}, is no image config: {error}"))
        })
    }
}
