//! Blobs of a fake registry, served here or by its storage.

use super::routes::error;
use super::state::State;
use super::{Lie, Storage};
use crate::{Answer, Recorded, lock};

/// What the storage's URLs must carry.
const SIGNATURE: &str = "X-Amz-Signature";
const SIGNED: &str = "0f1e2d3c";

/// GET and HEAD of a blob.
pub(crate) fn blob(state: &State, request: &Recorded, repository: &str, digest: &str) -> Answer {
    let Some(bytes) = lock(&state.content).blob(repository, digest) else {
        return error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    };
    if request.method == "GET" {
        state.served(&request.path);
        if state.knobs.storage == Storage::Redirect {
            let target = format!("{}/data/{digest}?{SIGNATURE}={SIGNED}", state.storage_url);
            return Answer::new(307).header("location", target);
        }
    }
    content(state, digest, &bytes)
}

/// `GET /data/<digest>`, with the permission in the URL; a second one in a header is refused, as S3 does.
pub(crate) fn from_storage(state: &State, request: &Recorded) -> Answer {
    if request.header("authorization").is_some() {
        return Answer::new(400).text("Only one auth mechanism allowed");
    }
    if request.parameter(SIGNATURE) != Some(SIGNED) {
        return Answer::new(403).text("AccessDenied");
    }
    let digest = request.path.strip_prefix("/data/").unwrap_or_default();
    match lock(&state.content).any_blob(digest) {
        Some(bytes) => content(state, digest, &bytes),
        None => Answer::new(404).text("NoSuchKey"),
    }
}

fn content(state: &State, digest: &str, bytes: &[u8]) -> Answer {
    let mut bytes = bytes.to_vec();
    if state.lies(Lie::BlobBody)
        && let Some(first) = bytes.first_mut()
    {
        *first ^= 0xff;
    }
    let answer = Answer::new(200).body("application/octet-stream", bytes);
    if state.knobs.digest_header { answer.header("docker-content-digest", digest) } else { answer }
}
