//! From the URL of a manifest to the URLs of its blobs, as the manager does it inside the POST.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::args::Args;
use super::manifest;
use super::platform::Wanted;

/// What the registry says about a manifest's URL.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// These blobs, by digest or by full URL.
    Blobs(Vec<String>),
    /// These blobs, from a registry that knows Basic alone: peers get no credentials unless they came as a header.
    BasicOnly(Vec<String>),
    Unauthorized,
    NotFound,
    NoPlatform,
    Unreachable,
    /// Really waits (at most ten seconds), then the text of a timeout.
    Slow(Duration),
}

type Decide = dyn Fn(&str) -> Option<Outcome> + Send + Sync;

/// Decides from the manifest's URL; `None` asks the real registry.
#[derive(Clone)]
pub struct Script(Arc<Decide>);

impl Script {
    pub fn new(decide: impl Fn(&str) -> Option<Outcome> + Send + Sync + 'static) -> Self {
        Self(Arc::new(decide))
    }

    /// The same outcome for every URL.
    pub fn always(outcome: Outcome) -> Self {
        Self::new(move |_| Some(outcome.clone()))
    }

    pub(crate) fn decide(&self, url: &str) -> Option<Outcome> {
        (self.0)(url)
    }
}

impl Default for Script {
    fn default() -> Self {
        Self::new(|_| None)
    }
}

impl fmt::Debug for Script {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Script")
    }
}

/// What the peers are asked to download.
#[derive(Debug, Clone, Default)]
pub(crate) struct Work {
    pub(crate) urls: Vec<String>,
    /// URLs that the origin refuses, with its words.
    pub(crate) refused: Vec<(String, String)>,
}

/// The parts of `scheme://host/v2/repository/manifests/reference`.
#[derive(Debug, Clone)]
pub(crate) struct Access {
    pub(crate) scheme: String,
    pub(crate) host: String,
    pub(crate) repository: String,
    pub(crate) reference: String,
}

const REFUSED: &str = "unauthorized: authentication required (401 Unauthorized)";
const LONGEST: Duration = Duration::from_secs(10);

impl Access {
    pub(crate) fn parse(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let (host, rest) = rest.split_once("/v2/")?;
        let (repository, reference) = rest.rsplit_once("/manifests/")?;
        let all = [scheme, host, repository, reference];
        (all.iter().all(|part| !part.is_empty()) && !host.contains('/')).then(|| Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            repository: repository.to_owned(),
            reference: reference.to_owned(),
        })
    }

    pub(crate) fn base(&self) -> String {
        format!("{}://{}/v2/", self.scheme, self.host)
    }

    pub(crate) fn manifest(&self, reference: &str) -> String {
        format!("{}{}/manifests/{reference}", self.base(), self.repository)
    }

    pub(crate) fn blob(&self, digest: &str) -> String {
        format!("{}{}/blobs/{digest}", self.base(), self.repository)
    }
}

/// The error is the message of the manager's 500.
pub(crate) async fn resolve(args: &Args, script: &Script, refuse_loopback: bool) -> Result<Resolved, String> {
    let access = Access::parse(&args.url).ok_or("parse access url failed")?;
    let wanted =
        Wanted::parse(&args.platform).ok_or_else(|| format!("invalid platform format {}", args.platform))?;
    match script.decide(&args.url) {
        Some(outcome) => scripted(args, &access, &wanted, outcome).await,
        None if refuse_loopback && is_loopback(&access.host) => Err(refused_address(&access)),
        None => manifest::blobs(args, &access, &wanted).await,
    }
}

/// Blobs, and the `Authorization` that the peers will send for them.
#[derive(Debug, Clone)]
pub(crate) struct Resolved {
    pub(crate) urls: Vec<String>,
    pub(crate) authorization: Option<String>,
    /// The registry's challenge was Basic and the credentials came as username and password: the manager then
    /// hands an empty `Authorization` to the peers.
    pub(crate) trapped: bool,
}

impl Resolved {
    pub(crate) fn work(self) -> Work {
        let refuse = |url: &String| (url.clone(), REFUSED.to_owned());
        let refused = if self.trapped { self.urls.iter().map(refuse).collect() } else { Vec::new() };
        Work { urls: self.urls, refused }
    }
}

async fn scripted(
    args: &Args,
    access: &Access,
    wanted: &Wanted,
    outcome: Outcome,
) -> Result<Resolved, String> {
    let (blobs, basic) = match outcome {
        Outcome::Blobs(blobs) => (blobs, false),
        Outcome::BasicOnly(blobs) => (blobs, true),
        Outcome::Unauthorized => return Err(UNAUTHORIZED.to_owned()),
        Outcome::NotFound => return Err(UNKNOWN.to_owned()),
        Outcome::NoPlatform => return Err(no_platform(wanted)),
        Outcome::Unreachable => return Err(refused_address(access)),
        Outcome::Slow(wait) => {
            tokio::time::sleep(wait.min(LONGEST)).await;
            return Err(timed_out(access));
        }
    };
    let full = |blob: String| {
        if blob.contains("://") { blob } else { access.blob(&blob) }
    };
    Ok(Resolved {
        urls: blobs.into_iter().map(full).collect(),
        authorization: args.authorization().map(str::to_owned),
        trapped: basic && args.authorization().is_none() && !args.username.is_empty(),
    })
}

pub(crate) const UNAUTHORIZED: &str = "failed to pull image manifest: unauthorized: authentication required";
pub(crate) const UNKNOWN: &str = "failed to pull image manifest: manifest unknown: manifest unknown";

pub(crate) fn no_platform(wanted: &Wanted) -> String {
    format!("no matching manifest for platform {}", wanted.text())
}

/// The manager's guard against requests to itself.
fn refused_address(access: &Access) -> String {
    let (ip, port) = access.host.rsplit_once(':').unwrap_or((&access.host, "443"));
    let ip = if ip == "localhost" { "127.0.0.1" } else { ip };
    format!(
        r#"failed to authenticate with registry: Get "{}": dial tcp {ip}:{port}: ip {ip} is invalid"#,
        access.base()
    )
}

fn timed_out(access: &Access) -> String {
    format!(
        r#"failed to authenticate with registry: Get "{}": context deadline exceeded (Client.Timeout exceeded while awaiting headers)"#,
        access.base()
    )
}

fn is_loopback(host: &str) -> bool {
    host.starts_with("127.") || host.starts_with("localhost") || host.starts_with("[::1]")
}
