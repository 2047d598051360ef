//! A session with one server that speaks the OCI distribution API: challenges, tokens, back-off, limits.

mod answer;
mod api;
mod backoff;
mod challenge;
mod credentials;
mod exchange;
mod pages;
pub mod realm;
mod token;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::digest::Digest;
use reqwest::Method;
use url::Url;

pub use answer::Answer;
pub use api::Headers;
pub use pages::Pages;

use crate::clock::Clock;
use crate::{HttpError, Outbound};
use challenge::Challenge;
use exchange::Ask;
use token::Tokens;

/// `Accept` of a request for a manifest or index of any kind that can be preheated.
pub const MANIFESTS: &str = "application/vnd.oci.image.index.v1+json, \
     application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, \
     application/vnd.docker.distribution.manifest.v2+json";
/// `Accept` of a request for a list.
pub const JSON: &str = "application/json";
/// The scope of the catalog (distribution's token authentication specification).
pub const CATALOG: &str = "registry:catalog:*";

/// The largest manifest or index (the distribution specification's own limit).
pub const MANIFEST_LIMIT: usize = 4 * 1024 * 1024;
/// The largest page of a list.
pub const LIST_LIMIT: usize = 8 * 1024 * 1024;

/// How long a request may take with its body, except for blobs.
const TIME_LIMIT: Duration = Duration::from_secs(60);

/// The scope that permits pulling from a repository.
pub fn pull_scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

/// A session with one server; clones share its tokens. Making one sends nothing.
///
/// Paths are relative to `/v2/`, for example `shop/web/manifests/v1`. `scope` is what a token must permit: see
/// [`pull_scope`] and [`CATALOG`]; empty where none is needed.
#[derive(Debug, Clone)]
pub struct Session {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    base: Url,
    auth: Auth,
    insecure_tls: bool,
    outbound: Outbound,
    tokens: Tokens,
    /// How the server wants to be told who asks, once that is known.
    known: Mutex<Known>,
}

#[derive(Debug, Clone, Default)]
enum Known {
    #[default]
    Nothing,
    /// `/v2/` answered without asking who we are.
    Open,
    Asks(Challenge),
}

impl Session {
    pub fn new(base: Url, auth: Auth, insecure_tls: bool, outbound: &Outbound) -> Self {
        Self {
            shared: Arc::new(Shared {
                base,
                auth,
                insecure_tls,
                outbound: outbound.clone(),
                tokens: Tokens::default(),
                known: Mutex::default(),
            }),
        }
    }

    /// The server's address.
    pub fn base(&self) -> &Url {
        &self.shared.base
    }

    pub fn auth(&self) -> &Auth {
        &self.shared.auth
    }

    /// Whether the server has asked who we are. Known after the first answer.
    pub fn was_asked(&self) -> bool {
        matches!(self.remembered(), Known::Asks(_))
    }

    pub fn clock(&self) -> &dyn Clock {
        self.shared.outbound.clock()
    }

    /// Asks for `/v2/`, by which a registry is known. A redirect is returned, not followed.
    pub async fn probe(&self) -> Result<Answer, HttpError> {
        let ask = Ask::new(Method::GET, self.url(""), JSON);
        self.answered(&ask.without_redirects(), "").await
    }

    /// Returns the answer whatever its status, except for "try later" when patience has run out. Until it is read
    /// or dropped it takes one of the host's slots, so do not collect answers.
    pub async fn get(&self, path: &str, accept: &'static str, scope: &str) -> Result<Answer, HttpError> {
        self.fetch(self.url(path), accept, scope).await
    }

    /// Like [`Session::get`], without a body.
    pub async fn head(&self, path: &str, accept: &'static str, scope: &str) -> Result<Answer, HttpError> {
        self.answered(&Ask::new(Method::HEAD, self.url(path), accept), scope).await
    }

    /// A blob, to be read from the answer as a stream: its length is not limited here, nor is its digest checked,
    /// and it takes a place among the host's blobs until it is read or dropped, so do not collect them. Any status but
    /// 2xx is an error.
    pub async fn get_blob(&self, repository: &str, digest: &Digest) -> Result<Answer, HttpError> {
        let url = self.url(&format!("{repository}/blobs/{digest}"));
        let slot = self.shared.outbound.blob_slot(&url).await;
        let ask = Ask::new(Method::GET, url, "*/*").for_blob();
        let answer = self.answered(&ask, &pull_scope(repository)).await?;
        let answer = answer.success(self.clock()).await?;
        Ok(answer.hold(slot))
    }

    /// A list that may come in pages.
    pub fn pages<'a>(&'a self, path: &str, scope: &'a str) -> Pages<'a> {
        Pages::new(self, path, scope)
    }

    /// The value of an `Authorization` header that an engine can use for the scope; None where nobody needs one. A
    /// token is a new one, so that it lives as long as the registry allows.
    pub async fn authorization(&self, scope: &str) -> Result<Option<Secret>, HttpError> {
        self.shareable(scope).await
    }

    async fn fetch(&self, url: Url, accept: &'static str, scope: &str) -> Result<Answer, HttpError> {
        self.answered(&Ask::new(Method::GET, url, accept), scope).await
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.shared.base.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().push("v2").extend(path.split('/'));
        }
        url
    }
}
