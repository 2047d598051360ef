//! Which tags name a digest.

use forewarm_domain::digest::Digest;

use super::Harbor;
use super::api::Call;
use super::row::Named;
use crate::RegistryError;
use crate::oci::{name, tags::is_companion};

impl Harbor {
    /// Of these, or of all when none are given; none for what is not there.
    pub(super) async fn tags_naming(
        &self,
        repository: &str,
        digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        let what = format!("the tags of {repository}@{digest}");
        let call = Call::below(repository, &["artifacts", digest.as_str(), "tags"], what, "tag: list")?;
        let found = match self.pages::<Named>(call.with("sort", "name")).all().await {
            Ok(found) => found,
            Err(RegistryError::NotFound(_)) => return Ok(vec![]),
            Err(error) => return Err(error),
        };
        let mut tags: Vec<String> = found.into_iter().map(|tag| tag.name).collect();
        tags.retain(|tag| name::is_tag(tag) && !is_companion(tag));
        tags.retain(|tag| among.is_empty() || among.contains(tag));
        Ok(tags)
    }
}
