//! Sigstore bundles: signatures and attestations share one artifact type, so their content decides.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forewarm_domain::digest::Digest;
use forewarm_http::distribution::{MANIFEST_LIMIT, pull_scope};
use oci_spec::image::Descriptor;
use serde::Deserialize;

use super::document::Content;
use super::explain::explain;
use super::{Oci, verify};
use crate::RegistryError;

/// What `cosign sign` (3.x) states; every other predicate is an attestation.
const SIGNED: &str = "https://sigstore.dev/cosign/sign/v1";
/// Annotations that cosign writes beside a bundle.
const CONTENT: &str = "dev.sigstore.bundle.content";
const PREDICATE: &str = "dev.sigstore.bundle.predicateType";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Bundle {
    message_signature: Option<serde::de::IgnoredAny>,
    dsse_envelope: Option<Envelope>,
}

#[derive(Deserialize)]
struct Envelope {
    payload: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Statement {
    predicate_type: String,
}

impl Oci {
    /// Whether a bundle is a signature rather than an attestation.
    pub(super) async fn is_signature_bundle(
        &self,
        repository: &str,
        bundle: &Descriptor,
    ) -> Result<bool, RegistryError> {
        let annotation = |name: &str| bundle.annotations().as_ref()?.get(name).map(String::as_str);
        match told(annotation) {
            Told::Signature => return Ok(true),
            Told::Other => return Ok(false),
            Told::Nothing => {}
        }
        let Ok(digest) = Digest::parse(bundle.digest().as_ref()) else { return Ok(false) };
        self.holds_signature(repository, &digest).await
    }

    /// The same by a look into the bundle itself.
    pub(super) async fn holds_signature(
        &self,
        repository: &str,
        manifest: &Digest,
    ) -> Result<bool, RegistryError> {
        let document = match self.read(repository, manifest).await {
            Ok(document) => document,
            Err(RegistryError::NotFound(_) | RegistryError::Unsuitable(_)) => return Ok(false),
            Err(error) => return Err(error),
        };
        let Content::Image(manifest) = document.content else { return Ok(false) };
        let Some(layer) = manifest.layers().first() else { return Ok(false) };
        let Ok(digest) = Digest::parse(layer.digest().as_ref()) else { return Ok(false) };
        let body = self.small_blob(repository, &digest).await?;
        Ok(serde_json::from_slice::<Bundle>(&body).is_ok_and(|bundle| bundle.is_signature()))
    }

    async fn small_blob(&self, repository: &str, digest: &Digest) -> Result<Vec<u8>, RegistryError> {
        let what = format!("the bundle {digest} of {repository}");
        let path = format!("{repository}/blobs/{digest}");
        let answer = self.session.get(&path, "*/*", &pull_scope(repository)).await;
        let answer = answer.map_err(|error| explain(error, &what))?;
        let answer = answer.success(self.session.clock()).await;
        let answer = answer.map_err(|error| explain(error, &what))?;
        let body = answer.read(MANIFEST_LIMIT).await.map_err(|error| explain(error, &what))?;
        if verify::is(digest, &body) {
            return Ok(body);
        }
        Err(RegistryError::Lying(format!("{what}: the registry sent something else")))
    }
}

/// What annotations tell of a bundle.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Told {
    Signature,
    Other,
    Nothing,
}

/// Reads the annotations that cosign writes beside a bundle.
pub(crate) fn told<'a>(annotation: impl Fn(&str) -> Option<&'a str>) -> Told {
    match (annotation(PREDICATE), annotation(CONTENT)) {
        (Some(SIGNED), _) | (None, Some("message-signature")) => Told::Signature,
        (Some(_), _) => Told::Other,
        (None, _) => Told::Nothing,
    }
}

impl Bundle {
    fn is_signature(&self) -> bool {
        if self.message_signature.is_some() {
            return true;
        }
        let payload =
            self.dsse_envelope.as_ref().and_then(|envelope| STANDARD.decode(&envelope.payload).ok());
        let statement = payload.and_then(|payload| serde_json::from_slice::<Statement>(&payload).ok());
        statement.is_some_and(|statement| statement.predicate_type == SIGNED)
    }
}
