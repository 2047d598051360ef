//! Which path of a fake registry is what.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::json;

use super::state::State;
use super::{auth, files, listing, manifests, referrers, token};
use crate::server::Service;
use crate::{Answer, Recorded};

pub(crate) struct MainService(pub(crate) Arc<State>);
pub(crate) struct TokenService(pub(crate) Arc<State>);
pub(crate) struct StorageService(pub(crate) Arc<State>);

/// What a path of the distribution API asks for.
#[derive(Debug)]
enum Target<'a> {
    Root,
    Catalog,
    Tags(&'a str),
    Manifest(&'a str, &'a str),
    Blob(&'a str, &'a str),
    Referrers(&'a str, &'a str),
}

#[async_trait]
impl Service for MainService {
    async fn answer(&self, request: &Recorded) -> Answer {
        if request.path == "/token" {
            return token::grant(&self.0, request);
        }
        main_answer(&self.0, request).header("docker-distribution-api-version", "registry/2.0")
    }
}

#[async_trait]
impl Service for TokenService {
    async fn answer(&self, request: &Recorded) -> Answer {
        match request.path.as_str() {
            "/token" => token::grant(&self.0, request),
            _ => error(404, "NOT_FOUND", "only /token is here"),
        }
    }
}

#[async_trait]
impl Service for StorageService {
    async fn answer(&self, request: &Recorded) -> Answer {
        files::from_storage(&self.0, request)
    }
}

/// An error in the distribution specification's form.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    Answer::new(status).json(&json!({"errors": [{"code": code, "message": message, "detail": null}]}))
}

/// What the distribution API answers, to those whom the registry's own [`Auth`](super::Auth) lets in.
pub(crate) fn main_answer(state: &State, request: &Recorded) -> Answer {
    let path = percent_encoding::percent_decode_str(&request.path).decode_utf8_lossy();
    let Some(target) = target(&path) else {
        return error(404, "NOT_FOUND", "page not found");
    };
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return error(405, "UNSUPPORTED", "the operation is unsupported");
    }
    if let Some(refusal) = auth::refusal(state, request, scope(&target).as_deref()) {
        return refusal;
    }
    match target {
        Target::Root => Answer::new(200).json(&json!({})),
        Target::Catalog => listing::catalog(state, request),
        Target::Tags(repository) => listing::tags(state, request, repository),
        Target::Manifest(repository, reference) => manifests::get(state, request, repository, reference),
        Target::Referrers(repository, digest) => referrers::get(state, request, repository, digest),
        Target::Blob(repository, digest) => files::blob(state, request, repository, digest),
    }
}

fn target(path: &str) -> Option<Target<'_>> {
    let rest = path.strip_prefix("/v2/").or_else(|| path.strip_prefix("/v2"))?;
    match rest {
        "" => return Some(Target::Root),
        "_catalog" => return Some(Target::Catalog),
        _ => {}
    }
    if let Some(repository) = rest.strip_suffix("/tags/list") {
        return Some(Target::Tags(repository));
    }
    let (before, reference) = rest.rsplit_once('/')?;
    let (repository, kind) = before.rsplit_once('/')?;
    match kind {
        "manifests" => Some(Target::Manifest(repository, reference)),
        "blobs" => Some(Target::Blob(repository, reference)),
        "referrers" => Some(Target::Referrers(repository, reference)),
        _ => None,
    }
}

fn scope(target: &Target<'_>) -> Option<String> {
    match target {
        Target::Root => None,
        Target::Catalog => Some("registry:catalog:*".to_owned()),
        Target::Tags(repository)
        | Target::Manifest(repository, _)
        | Target::Blob(repository, _)
        | Target::Referrers(repository, _) => Some(format!("repository:{repository}:pull")),
    }
}
