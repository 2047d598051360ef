//! What refers to a manifest: the referrers API, or the tag that stands in for it (distribution spec 1.1).

use forewarm_domain::digest::Digest;
use forewarm_http::ErrorKind;
use forewarm_http::distribution::pull_scope;
use oci_spec::image::{Descriptor, ImageIndex};

use super::Oci;
use super::document::Content;
use super::explain::explain;
use crate::RegistryError;

/// The most referrers looked at; one image has a handful.
const MOST: usize = 10_000;

impl Oci {
    /// Descriptors of everything that names the digest as its subject; their `artifactType` says what they are.
    pub(super) async fn referrers(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let path = format!("{repository}/referrers/{digest}");
        let scope = pull_scope(repository);
        let mut pages = self.session.pages(&path, &scope);
        let mut found = Vec::new();
        loop {
            let body = match pages.next().await {
                Ok(Some(body)) => body,
                Ok(None) => return Ok(found),
                // The API is younger than most registries.
                Err(error) if is_unknown(&error.kind) && found.is_empty() => {
                    return self.referrers_tag(repository, digest).await;
                }
                Err(error) => return Err(explain(error, &format!("the referrers of {repository}@{digest}"))),
            };
            let page: ImageIndex =
                serde_json::from_slice(&body).map_err(|error| self.no_list("list of referrers", &error))?;
            found.extend(page.manifests().iter().cloned());
            if found.len() > MOST {
                let reason = format!("{repository}@{digest} has more than {MOST} referrers");
                return Err(RegistryError::Lying(reason));
            }
        }
    }

    /// The index that clients keep under a tag where the registry has no referrers API.
    async fn referrers_tag(
        &self,
        repository: &str,
        digest: &Digest,
    ) -> Result<Vec<Descriptor>, RegistryError> {
        let tag = format!("{}-{}", digest.algorithm(), digest.hex());
        match self.read_tag(repository, &tag).await {
            Ok(document) => match document.content {
                Content::Index(index) => Ok(index.manifests().clone()),
                Content::Image(_) => Ok(vec![]),
            },
            Err(RegistryError::NotFound(_) | RegistryError::Unsuitable(_)) => Ok(vec![]),
            Err(error) => Err(error),
        }
    }
}

fn is_unknown(kind: &ErrorKind) -> bool {
    matches!(kind, ErrorKind::Status(400 | 404 | 405 | 501))
}
