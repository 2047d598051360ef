//! How the manager and its peers are let in at the origin.

use std::collections::BTreeMap;

use forewarm_http::authorize;

use crate::{Preheat, Subject};

const AUTHORIZATION: &str = "Authorization";

/// Headers for manifest and blobs. Never the manager's `username` and `password`: with a registry that offers Basic
/// alone, the manager reads the manifest by them and hands its peers an empty `Authorization`, so that every blob
/// fails unseen (Dragonfly 2.5.1). A Basic header reaches the peers as it is.
pub(super) fn headers(preheat: &Preheat) -> BTreeMap<String, String> {
    let mut headers: BTreeMap<String, String> = preheat
        .origin
        .headers
        .iter()
        .map(|(name, value)| (name.clone(), value.expose().to_owned()))
        .collect();
    let given = headers.keys().any(|name| name.eq_ignore_ascii_case(AUTHORIZATION));
    if let Some(value) = basic(preheat).or_else(|| access(preheat))
        && !given
    {
        headers.insert(AUTHORIZATION.to_owned(), value);
    }
    headers
}

fn basic(preheat: &Preheat) -> Option<String> {
    let username = preheat.origin.username.as_ref()?;
    let password = preheat.origin.password.as_ref()?;
    Some(authorize::basic(username, password).expose().to_owned())
}

fn access(preheat: &Preheat) -> Option<String> {
    match &preheat.subject {
        Subject::Image(image) => image.access.as_ref().map(|access| access.expose().to_owned()),
        Subject::Files { .. } => None,
    }
}
