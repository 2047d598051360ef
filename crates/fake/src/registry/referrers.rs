//! Referrers of a fake registry: the API, and the tag that clients keep where there is no such API.

use serde_json::{Value, json};

use super::content::{Content, Manifest};
use super::routes::error;
use super::state::State;
use super::{Registry, media};
use crate::{Answer, Recorded, lock};

impl Registry {
    /// Keeps the tag `sha256-<hex>` that lists all referrers of a digest, as clients do where the API is missing.
    pub fn push_referrers_tag(&self, repository: &str, digest: &str) {
        let mut content = lock(&self.state.content);
        let index = index(&all(&content, repository, digest));
        let tag = digest.replace(':', "-");
        content.put_manifest(repository, Some(&tag), media::OCI_INDEX, &index);
    }
}

/// The referrers API: an index of what names the digest as its subject, an empty one included.
pub(crate) fn get(state: &State, request: &Recorded, repository: &str, digest: &str) -> Answer {
    if !state.knobs.referrers {
        return error(404, "NOT_FOUND", "page not found");
    }
    let wanted = request.parameter("artifactType");
    let mut found = all(&lock(&state.content), repository, digest);
    found.retain(|entry| wanted.is_none_or(|wanted| entry["artifactType"] == wanted));
    let answer = Answer::new(200).body(media::OCI_INDEX, index(&found).to_string());
    match wanted {
        Some(_) => answer.header("oci-filters-applied", "artifactType"),
        None => answer,
    }
}

fn index(referrers: &[Value]) -> Value {
    json!({"schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": referrers})
}

fn all(content: &Content, repository: &str, digest: &str) -> Vec<Value> {
    let manifests = content.repositories.get(repository).into_iter().flat_map(|r| &r.manifests);
    manifests.filter_map(|(own, manifest)| referrer(own, manifest, digest)).collect()
}

fn referrer(own: &str, manifest: &Manifest, subject: &str) -> Option<Value> {
    let parsed: Value = serde_json::from_slice(&manifest.bytes).ok()?;
    if parsed["subject"]["digest"] != subject {
        return None;
    }
    let named = parsed.get("artifactType").filter(|name| !name.is_null());
    let mut entry = json!({
        "mediaType": manifest.media_type, "digest": own, "size": manifest.bytes.len(),
        "artifactType": named.unwrap_or(&parsed["config"]["mediaType"]),
    });
    if let Some(annotations) = parsed.get("annotations") {
        entry["annotations"] = annotations.clone();
    }
    Some(entry)
}
