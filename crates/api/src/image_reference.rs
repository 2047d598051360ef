//! Reads references like `registry.example.com/shop/web:v1` or `shop/web@sha256:…`.

use forewarm_domain::Invalid;
use forewarm_domain::digest::Digest;
use forewarm_domain::registry::Registry;

use crate::checks;

/// An image, as a user names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reference {
    /// Host and port, where they are given.
    pub host: Option<String>,
    pub repository: String,
    /// A tag or a digest.
    pub reference: String,
}

/// Docker Hub answers at another host than its images are named by.
const DOCKER_HUB: [&str; 3] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

impl Reference {
    /// Reads a reference. `with_host` says whether a first segment that looks like a host is one: not when the registry
    /// is given by name.
    pub fn parse(field: &str, text: &str, with_host: bool) -> Result<Self, Invalid> {
        let (host, rest) = if with_host { split_host(text) } else { (None, text) };
        let (repository, reference) = split_reference(field, rest)?;
        let hub = host.is_some_and(|host| DOCKER_HUB.contains(&host));
        let repository = if hub && !repository.contains('/') {
            format!("library/{repository}")
        } else {
            repository.to_owned()
        };
        checks::repository(field, &repository)?;
        Ok(Self { host: host.map(str::to_owned), repository, reference })
    }

    /// The one registry among `registries` that the host belongs to.
    pub fn registry<'a>(&self, field: &str, registries: &'a [Registry]) -> Result<&'a Registry, Invalid> {
        let Some(host) = &self.host else {
            let reason = "names no registry: write host/repository:tag, or give the field registry";
            return Err(Invalid::new(field, reason));
        };
        let found: Vec<&Registry> = registries.iter().filter(|registry| serves(registry, host)).collect();
        match found.as_slice() {
            [registry] => Ok(registry),
            [] => Err(Invalid::new(
                field,
                format!("no registry with the host '{host}' is known; create one first"),
            )),
            several => {
                let names: Vec<&str> = several.iter().map(|registry| registry.name.as_str()).collect();
                let reason = format!(
                    "several registries have the host '{host}': say which in the field registry ({})",
                    names.join(", ")
                );
                Err(Invalid::new(field, reason))
            }
        }
    }
}

/// The first segment is a host if it could not be part of a repository's name, as Docker reads it.
fn split_host(text: &str) -> (Option<&str>, &str) {
    match text.split_once('/') {
        Some((first, rest)) if first.contains(['.', ':']) || first == "localhost" => (Some(first), rest),
        _ => (None, text),
    }
}

fn split_reference<'a>(field: &str, text: &'a str) -> Result<(&'a str, String), Invalid> {
    if let Some((repository, digest)) = text.split_once('@') {
        let digest = Digest::parse(digest).map_err(|invalid| Invalid::new(field, invalid.reason))?;
        // Of `name:tag@digest` the digest decides, as everywhere.
        let repository = repository.split(':').next().unwrap_or(repository);
        return Ok((repository, digest.to_string()));
    }
    match text.split_once(':') {
        Some((repository, tag)) if is_tag(tag) => Ok((repository, tag.to_owned())),
        Some((_, tag)) => {
            let shown: String = tag.chars().take(80).collect();
            Err(Invalid::new(field, format!("'{shown}' is not a tag")))
        }
        None => Err(Invalid::new(field, "needs a tag or a digest, like shop/web:v1")),
    }
}

/// OCI distribution spec 1.1: `[a-zA-Z0-9_][a-zA-Z0-9._-]{0,127}`.
fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (1..=128).contains(&tag.len())
        && tag.starts_with(word)
        && tag.chars().all(|c| word(c) || matches!(c, '.' | '-'))
}

fn serves(registry: &Registry, host: &str) -> bool {
    let Some(own) = registry.url.host_str() else {
        return false;
    };
    let own = match registry.url.port() {
        Some(port) => format!("{own}:{port}"),
        None => own.to_owned(),
    };
    own.eq_ignore_ascii_case(host) || (DOCKER_HUB.contains(&host) && DOCKER_HUB.contains(&own.as_str()))
}
