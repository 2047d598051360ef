//! Manifests and referrers of a fake registry.

use serde_json::{Value, json};

use super::content::Manifest;
use super::routes::error;
use super::state::State;
use super::{Lie, media};
use crate::{Answer, Recorded, lock, sha256_digest};

/// GET and HEAD by tag and by digest.
pub(crate) fn get(state: &State, request: &Recorded, repository: &str, reference: &str) -> Answer {
    let found = lock(&state.content).manifest(repository, reference);
    let Some(found) = found else {
        return error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    let Some((digest, manifest)) = acceptable(state, request, repository, found) else {
        // In the words of distribution 2.8.
        let message = "OCI manifest found, but accept header does not support OCI manifests";
        return error(404, "MANIFEST_UNKNOWN", message);
    };
    if request.method == "GET" {
        state.served(&request.path);
    }
    let answer = Answer::new(200).body(&manifest.media_type, body(state, &manifest));
    let answer = answer.header("etag", format!("\"{digest}\""));
    match (state.knobs.digest_header, state.lies(Lie::DigestHeader)) {
        (false, _) => answer,
        (true, false) => answer.header("docker-content-digest", digest),
        (true, true) => answer.header("docker-content-digest", sha256_digest(b"something else")),
    }
}

/// The referrers API: an index of what names the digest as its subject, an empty one included.
pub(crate) fn referrers(state: &State, request: &Recorded, repository: &str, digest: &str) -> Answer {
    if !state.knobs.referrers {
        return error(404, "NOT_FOUND", "page not found");
    }
    let wanted = request.parameter("artifactType");
    let content = lock(&state.content);
    let manifests = content.repositories.get(repository).into_iter().flat_map(|r| &r.manifests);
    let all = manifests.filter_map(|(own, manifest)| referrer(own, manifest, digest));
    let matching: Vec<Value> =
        all.filter(|entry| wanted.is_none_or(|wanted| entry["artifactType"] == wanted)).collect();
    let index = json!({"schemaVersion": 2, "mediaType": media::OCI_INDEX, "manifests": matching});
    let answer = Answer::new(200).body(media::OCI_INDEX, index.to_string());
    match wanted {
        Some(_) => answer.header("oci-filters-applied", "artifactType"),
        None => answer,
    }
}

/// What is served to this client: clients that do not name Docker's list type get its linux/amd64 image, as
/// distribution 2.8 does; OCI types must be named.
fn acceptable(
    state: &State,
    request: &Recorded,
    repository: &str,
    (digest, manifest): (String, Manifest),
) -> Option<(String, Manifest)> {
    let accepts = |media_type: &str| {
        let headers = request.headers.iter().filter(|(name, _)| name == "accept");
        let mut types = headers.flat_map(|(_, value)| value.split(','));
        types.any(|accepted| accepted.split(';').next().unwrap_or_default().trim() == media_type)
    };
    match manifest.media_type.as_str() {
        media::DOCKER_LIST if !accepts(media::DOCKER_LIST) => {
            let child = amd64_child(&manifest)?;
            lock(&state.content).manifest(repository, &child)
        }
        media::DOCKER_LIST | media::DOCKER_MANIFEST => Some((digest, manifest)),
        other => accepts(other).then_some((digest, manifest)),
    }
}

fn amd64_child(list: &Manifest) -> Option<String> {
    let list: Value = serde_json::from_slice(&list.bytes).ok()?;
    let entries = list["manifests"].as_array()?;
    let is_default =
        |entry: &&Value| entry["platform"]["os"] == "linux" && entry["platform"]["architecture"] == "amd64";
    entries.iter().find(is_default)?["digest"].as_str().map(str::to_owned)
}

fn body(state: &State, manifest: &Manifest) -> Vec<u8> {
    let mut bytes = manifest.bytes.to_vec();
    if state.lies(Lie::ManifestBody) {
        bytes.push(b'\n');
    }
    if let Some(padding) = state.padding() {
        bytes.resize(bytes.len() + padding, b' ');
    }
    bytes
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
