//! What must be confirmed. A blob goes by its digest, whatever address the manager writes before it; a file by its URL.

use std::collections::HashSet;

use crate::{Preheat, Subject};

/// One key per blob or file, in order and without repeats.
pub(super) fn keys(preheat: &Preheat) -> Vec<String> {
    let all: Vec<String> = match &preheat.subject {
        Subject::Image(image) => image.blobs.iter().map(|blob| blob.digest.to_string()).collect(),
        Subject::Files { urls } => urls.iter().map(ToString::to_string).collect(),
    };
    let mut seen = HashSet::new();
    all.into_iter().filter(|key| seen.insert(key.clone())).collect()
}

/// The key of a URL that the manager reports.
pub(super) fn key<'a>(preheat: &Preheat, url: &'a str) -> &'a str {
    match &preheat.subject {
        Subject::Image(_) => url.rsplit_once("/blobs/").map_or(url, |(_, digest)| digest),
        Subject::Files { .. } => url,
    }
}

pub(super) fn bytes(preheat: &Preheat) -> u64 {
    match &preheat.subject {
        Subject::Image(image) => image.blobs.iter().map(|blob| blob.size).fold(0, u64::saturating_add),
        Subject::Files { .. } => 0,
    }
}

/// What the expected things are called.
pub(super) fn noun(preheat: &Preheat) -> &'static str {
    match &preheat.subject {
        Subject::Image(_) => "blob",
        Subject::Files { .. } => "file",
    }
}
