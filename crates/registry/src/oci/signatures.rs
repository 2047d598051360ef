//! Whether an artifact has a signature. Its validity is not looked at.

use forewarm_domain::digest::Digest;
use forewarm_domain::signature::{Scheme, Signature};
use oci_spec::image::Descriptor;

use super::Oci;
use super::document::Content;
use crate::RegistryError;

/// Layer media type of cosign's classic signatures.
pub(super) const SIMPLE_SIGNING: &str = "application/vnd.dev.cosign.simplesigning.v1+json";
pub(crate) const COSIGN: &str = "application/vnd.dev.cosign.artifact.sig.v1+json";
const NOTATION: &str = "application/vnd.cncf.notary.signature";
const BUNDLE: &str = "application/vnd.dev.sigstore.bundle";

impl Oci {
    /// Cosign's tag first, since it is one small request; then whatever refers to the artifact.
    pub(super) async fn signatures_of(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<Signature>, RegistryError> {
        let signature = |scheme| Signature { scheme, of_index: false };
        let mut found = Vec::new();
        if self.has_cosign_tag(repository, digest).await? {
            found.push(signature(Scheme::CosignTag));
        }
        for referrer in self.referrers(repository, digest).await? {
            if let Some(scheme) = self.scheme(repository, &referrer).await? {
                found.push(signature(scheme));
            }
        }
        Ok(found)
    }

    async fn has_cosign_tag(&self, repository: &str, digest: &Digest) -> Result<bool, RegistryError> {
        let tag = format!("{}-{}.sig", digest.algorithm(), digest.hex());
        match self.read_tag(repository, &tag).await {
            Ok(document) => Ok(is_simple_signing(&document.content)),
            Err(RegistryError::NotFound(_) | RegistryError::Unsuitable(_)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// How the referrer signs; None when it is no signature.
    async fn scheme(&self, repository: &str, referrer: &Descriptor) -> Result<Option<Scheme>, RegistryError> {
        let Some(kind) = referrer.artifact_type().as_ref().map(ToString::to_string) else {
            return Ok(None);
        };
        Ok(match kind.as_str() {
            COSIGN => Some(Scheme::CosignReferrer),
            NOTATION => Some(Scheme::Notation),
            bundle if is_bundle(bundle) => {
                let signs = self.is_signature_bundle(repository, referrer).await?;
                signs.then_some(Scheme::SigstoreBundle)
            }
            _ => None,
        })
    }
}

/// Whether an artifact type alone makes a signature; None = a bundle, whose content decides.
pub(super) fn is_signature(artifact_type: &str) -> Option<bool> {
    (!is_bundle(artifact_type)).then_some(matches!(artifact_type, COSIGN | NOTATION))
}

pub(super) fn is_simple_signing(content: &Content) -> bool {
    let Content::Image(manifest) = content else { return false };
    manifest.layers().iter().any(|layer| layer.media_type().as_ref() == SIMPLE_SIGNING)
}

/// The version is part of the type: `application/vnd.dev.sigstore.bundle.v0.3+json`.
pub(crate) fn is_bundle(artifact_type: &str) -> bool {
    artifact_type.starts_with(BUNDLE)
}
