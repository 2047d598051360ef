//! Kind `oci`: any registry that speaks the OCI distribution API (distribution, zot, Docker Hub, GHCR, ECR, …).

mod attached;
pub(crate) mod bundle;
pub(crate) mod config;
mod document;
mod explain;
mod image;
mod index;
pub(crate) mod name;
mod ping;
mod referrers;
mod repositories;
pub(crate) mod signatures;
pub(crate) mod tags;
mod verify;

use std::sync::Arc;

use async_trait::async_trait;
use forewarm_domain::Secret;
use forewarm_domain::artifact::{Artifact, Blob};
use forewarm_domain::criteria::Criteria;
use forewarm_domain::digest::Digest;
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::Signature;
use forewarm_http::Outbound;
use forewarm_http::distribution::{Session, pull_scope};

use crate::{Attached, Found, Kind, Registry, RegistryError, Wanted};
use document::Content;
use explain::explain;

pub(crate) const KIND: Kind = Kind { id: "oci", name: "OCI registry", connect };

/// Requests that one listing has under way; the limit per host is in the session.
const AT_A_TIME: usize = 8;

fn connect(registry: &forewarm_domain::registry::Registry, outbound: &Outbound) -> Arc<dyn Registry> {
    Arc::new(Oci {
        session: Session::new(registry.url.clone(), registry.auth.clone(), registry.insecure_tls, outbound),
        listed: registry.repositories.clone(),
    })
}

/// A client of one registry.
#[derive(Debug)]
struct Oci {
    session: Session,
    /// The repositories that the user listed; empty = ask the catalog.
    listed: Vec<String>,
}

#[async_trait]
impl Registry for Oci {
    async fn ping(&self) -> Result<String, RegistryError> {
        ping::ping(&self.session).await
    }

    async fn repositories(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        self.names(namespace).await
    }

    async fn artifacts(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        name::check_repository(repository)?;
        self.find(repository, wanted).await
    }

    async fn artifact(
        &self,
        repository: &str,
        reference: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        name::check_repository(repository)?;
        let (document, tags) = match Digest::parse(reference) {
            Ok(digest) => (self.read(repository, &digest).await?, vec![]),
            Err(_) => {
                name::check_tag(repository, reference)?;
                let tags = vec![reference.to_owned()];
                (self.read_tag(repository, reference).await?, tags)
            }
        };
        let needs = image::Needs::of(wanted);
        let mut artifact = self.image(repository, reference, &document, needs).await?;
        artifact.tags = tags;
        Ok(artifact)
    }

    async fn signatures(&self, artifact: &Artifact) -> Result<Vec<Signature>, RegistryError> {
        name::check_repository(&artifact.repository)?;
        self.signatures_of(&artifact.repository, &artifact.digest).await
    }

    async fn scan(&self, _artifact: &Artifact, _bar: Severity) -> Result<Scan, RegistryError> {
        Ok(Scan::Unscanned("a registry of kind oci has no scan reports".to_owned()))
    }

    async fn criteria(&self, _namespace: &str) -> Result<Option<Criteria>, RegistryError> {
        Ok(None)
    }

    async fn attached(&self, repository: &str, digest: &Digest) -> Result<Option<Attached>, RegistryError> {
        name::check_repository(repository)?;
        self.attachment(repository, digest).await
    }

    async fn tags_of(
        &self,
        repository: &str,
        digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        name::check_repository(repository)?;
        self.tags_naming(repository, digest, among).await
    }

    async fn digests(&self, repository: &str) -> Result<Vec<(String, Digest)>, RegistryError> {
        name::check_repository(repository)?;
        self.tags_with_digests(repository).await
    }

    async fn blobs(&self, repository: &str, manifest: &Digest) -> Result<Vec<Blob>, RegistryError> {
        name::check_repository(repository)?;
        let document = self.read(repository, manifest).await?;
        match &document.content {
            Content::Image(image) => image::blobs(image),
            Content::Index(_) => Err(RegistryError::Unsuitable(format!(
                "{repository}@{manifest} is an index; only its manifests have blobs"
            ))),
        }
    }

    async fn pull_access(&self, repository: &str) -> Result<Option<Secret>, RegistryError> {
        let value = self.session.authorization(&pull_scope(repository)).await;
        value.map_err(|error| explain(error, repository))
    }
}
