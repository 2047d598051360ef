//! What a manifest belongs to: signatures, attestations and SBOMs name their subject.

use forewarm_domain::digest::Digest;

use super::Oci;
use super::document::Content;
use super::signatures::{is_signature, is_simple_signing};
use crate::{Attached, RegistryError};

impl Oci {
    /// None for a manifest that stands by itself.
    pub(super) async fn attachment(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Option<Attached>, RegistryError> {
        let document = self.read(repository, digest).await?;
        let (subject, kind) = match &document.content {
            Content::Image(manifest) => {
                let declared = manifest.artifact_type().as_ref().unwrap_or(manifest.config().media_type());
                (manifest.subject(), declared.to_string())
            }
            Content::Index(index) => {
                let declared = index.artifact_type().as_ref().map(ToString::to_string);
                (index.subject(), declared.unwrap_or_else(|| document.media_type.clone()))
            }
        };
        let Some(subject) =
            subject.as_ref().and_then(|subject| Digest::parse(subject.digest().as_ref()).ok())
        else {
            return Ok(None);
        };
        let is_signature = match is_signature(&kind) {
            Some(known) => known || is_simple_signing(&document.content),
            None => self.holds_signature(repository, digest).await?,
        };
        Ok(Some(Attached { subject, is_signature, what: kind }))
    }
}
