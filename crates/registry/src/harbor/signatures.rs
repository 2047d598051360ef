//! Whether an artifact has a signature, by what Harbor has filed beside it. Its validity is not looked at.

use forewarm_domain::digest::Digest;
use forewarm_domain::signature::{Scheme, Signature};

use super::Harbor;
use super::explain::is_against_rules;
use super::row::{Accessory, Row};
use crate::RegistryError;
use crate::oci::bundle::{self, Told};
use crate::oci::signatures::{COSIGN, is_bundle};

const COSIGN_KIND: &str = "signature.cosign";
const NOTATION_KIND: &str = "signature.notation";

impl Harbor {
    /// The signatures of an artifact and of the indexes that list it.
    pub(super) async fn signatures_of(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<Signature>, RegistryError> {
        let call = self.call(repository, digest.as_str())?;
        let call = call.with("with_accessory", "true").with("with_inherited_accessory", "true");
        let row = self.described(call, repository, digest.as_str()).await?;
        let mut found = Vec::new();
        for (accessory, of_index) in all(&row) {
            let scheme = match accessory.kind.as_str() {
                NOTATION_KIND => Some(Scheme::Notation),
                COSIGN_KIND => self.cosign(repository, accessory).await?,
                _ => None,
            };
            found.extend(scheme.map(|scheme| Signature { scheme, of_index }));
        }
        Ok(found)
    }

    /// Harbor files every sigstore bundle as a signature of cosign, attestations too: those are told apart here.
    async fn cosign(&self, repository: &str, accessory: &Accessory) -> Result<Option<Scheme>, RegistryError> {
        let Ok(digest) = Digest::parse(&accessory.digest) else {
            return Ok(None);
        };
        let call = self.call(repository, digest.as_str())?.with("with_tag", "false");
        let row = match self.described(call, repository, digest.as_str()).await {
            Ok(row) => row,
            // Removed meanwhile.
            Err(RegistryError::NotFound(_)) => return Ok(None),
            Err(error) => return Err(error),
        };
        let types = [row.artifact_type.as_str(), row.media_type.as_str()];
        if types.iter().any(|kind| is_bundle(kind)) {
            let signs = self.bundle_signs(repository, &digest, &row).await?;
            return Ok(signs.then_some(Scheme::SigstoreBundle));
        }
        Ok(Some(if types.contains(&COSIGN) { Scheme::CosignReferrer } else { Scheme::Cosign }))
    }

    async fn bundle_signs(
        &self,
        repository: &str,
        digest: &Digest,
        row: &Row,
    ) -> Result<bool, RegistryError> {
        match bundle::told(|name| row.annotation(name)) {
            Told::Signature => Ok(true),
            Told::Other => Ok(false),
            Told::Nothing => match self.distribution.attached(repository, digest).await {
                Ok(attached) => Ok(attached.is_some_and(|attached| attached.is_signature)),
                Err(RegistryError::NotFound(_)) => Ok(false),
                Err(error) if is_against_rules(&error) => Ok(false),
                Err(error) => Err(error),
            },
        }
    }
}

/// What a list alone tells: that there is none, or one by notation. Cosign's need a closer look.
pub(super) fn listed(row: &Row) -> Option<Vec<Signature>> {
    let of = |kind: &'static str| move |(accessory, _): &(&Accessory, bool)| accessory.kind == kind;
    if let Some((_, of_index)) = all(row).find(of(NOTATION_KIND)) {
        return Some(vec![Signature { scheme: Scheme::Notation, of_index }]);
    }
    (!all(row).any(|entry| of(COSIGN_KIND)(&entry))).then(Vec::new)
}

/// Its own accessories, and those of the indexes that list it.
fn all(row: &Row) -> impl Iterator<Item = (&Accessory, bool)> {
    let own = row.accessories().iter().map(|accessory| (accessory, false));
    own.chain(row.inherited().iter().map(|accessory| (accessory, true)))
}
