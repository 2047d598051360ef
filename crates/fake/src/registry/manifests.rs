//! Manifests of a fake registry.

use serde_json::Value;

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
