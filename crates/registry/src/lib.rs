//! Where artifacts come from. One file per kind of registry; [`KINDS`] is the list.

mod error;
pub mod glance;
mod harbor;
mod oci;
pub mod remembered;
pub mod selection;

pub mod events;

use std::sync::Arc;

use async_trait::async_trait;
use forewarm_domain::Secret;
use forewarm_domain::artifact::{Artifact, Blob};
use forewarm_domain::criteria::Criteria;
use forewarm_domain::digest::Digest;
use forewarm_domain::filter::{LeftOut, Selector};
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::Signature;
use forewarm_http::Outbound;

pub use error::RegistryError;

/// Every kind of registry that Forewarm knows.
pub const KINDS: &[Kind] = &[oci::KIND, harbor::KIND];

/// One kind of registry.
#[derive(Debug)]
pub struct Kind {
    /// The word for it in the API and the database.
    pub id: &'static str,
    pub name: &'static str,
    connect: fn(&forewarm_domain::registry::Registry, &Outbound) -> Arc<dyn Registry>,
}

/// The kind with this id.
pub fn kind(id: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.id == id)
}

impl Kind {
    /// A client of the registry. Makes no request.
    pub fn connect(
        &self,
        registry: &forewarm_domain::registry::Registry,
        outbound: &Outbound,
    ) -> Arc<dyn Registry> {
        (self.connect)(registry, outbound)
    }
}

/// A registry, read with our own credentials. Every call may make requests; each is bounded in time and size.
#[async_trait]
pub trait Registry: Send + Sync {
    /// Proves that it is such a registry and that the credentials are good; says in a few words what answered.
    async fn ping(&self) -> Result<String, RegistryError>;

    /// Full names of the repositories below `namespace` (empty = all), sorted, without repeats.
    async fn repositories(&self, namespace: &str) -> Result<Vec<String>, RegistryError>;

    /// The images of a repository whose tags pass the selector; untagged ones are not found. Labels are filled in
    /// when the selector needs them. Filters that cost nothing are applied here, the rest is the caller's.
    async fn artifacts(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError>;

    /// The image that one tag or digest names.
    async fn artifact(
        &self,
        repository: &str,
        reference: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError>;

    /// The signatures that lie beside an artifact. They are looked up, not verified.
    async fn signatures(&self, artifact: &Artifact) -> Result<Vec<Signature>, RegistryError>;

    /// What the registry's scanner found. `bar` is what matters: a severity below it need not be exact.
    async fn scan(&self, artifact: &Artifact, bar: Severity) -> Result<Scan, RegistryError>;

    /// What the registry itself demands of pulls from a namespace; None where it knows no such thing.
    async fn criteria(&self, namespace: &str) -> Result<Option<Criteria>, RegistryError>;

    /// What a manifest is attached to (a signature, an attestation, …); None for one that stands by itself.
    async fn attached(&self, repository: &str, digest: &Digest) -> Result<Option<Attached>, RegistryError>;

    /// Which tags name the digest now: of these, or of all that the repository has when none are given.
    async fn tags_of(
        &self,
        repository: &str,
        digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError>;

    /// Every tag of a repository with the digest that it names, without those of signatures and the like.
    async fn digests(&self, repository: &str) -> Result<Vec<(String, Digest)>, RegistryError> {
        let selector = Selector::default();
        let wanted = Wanted { selector: &selector, platforms: false, sizes: false };
        let found = self.artifacts(repository, &wanted).await?;
        let tagged = |artifact: Artifact| {
            let digest = artifact.digest;
            artifact.tags.into_iter().map(move |tag| (tag, digest.clone()))
        };
        Ok(found.artifacts.into_iter().flat_map(tagged).collect())
    }

    /// Whether labels are put on artifacts after they were pushed. Then a list of artifacts tells them, too; otherwise
    /// they are a part of what the digest names.
    fn labels_change(&self) -> bool {
        false
    }

    /// The config and layers of one image manifest, in order, each once.
    async fn blobs(&self, repository: &str, manifest: &Digest) -> Result<Vec<Blob>, RegistryError>;

    /// The value of an `Authorization` header that lets an engine pull from the repository, as short-lived as the
    /// registry makes it; None where anybody may pull without one.
    async fn pull_access(&self, repository: &str) -> Result<Option<Secret>, RegistryError>;
}

/// What the caller will filter by, so that only that is looked up.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    pub selector: &'a Selector,
    /// Whether the platform of a single manifest must be known (an index tells it anyway).
    pub platforms: bool,
    /// Whether the size of every manifest must be known.
    pub sizes: bool,
}

/// A manifest that belongs to another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attached {
    pub subject: Digest,
    pub is_signature: bool,
    /// What it is, in a few words.
    pub what: String,
}

/// What a repository holds.
#[derive(Debug, Default)]
pub struct Found {
    pub artifacts: Vec<Artifact>,
    /// Tags that a filter left out, or that name no image (signatures, charts), with the reason.
    pub left_out: Vec<(String, LeftOut)>,
}
