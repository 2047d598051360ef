//! Kind `harbor`: Harbor's own API (v2.0) for what is there, and its registry side for what is pulled.

mod api;
mod explain;
mod find;
mod manifests;
mod pages;
mod ping;
mod project;
mod repositories;
mod row;
mod scan;
mod signatures;
mod tags;

use std::sync::Arc;

use async_trait::async_trait;
use forewarm_domain::Secret;
use forewarm_domain::artifact::{Artifact, Blob};
use forewarm_domain::criteria::Criteria;
use forewarm_domain::digest::Digest;
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::Signature;
use forewarm_http::Outbound;
use forewarm_http::distribution::Session;

use crate::{Attached, Found, Kind, Registry, RegistryError, Wanted, oci};
use explain::{is_against_rules, pulled};
use project::Projects;

pub(crate) const KIND: Kind = Kind { id: "harbor", name: "Harbor", connect };

fn connect(registry: &forewarm_domain::registry::Registry, outbound: &Outbound) -> Arc<dyn Registry> {
    Arc::new(Harbor {
        session: Session::new(registry.url.clone(), registry.auth.clone(), registry.insecure_tls, outbound),
        distribution: oci::KIND.connect(registry, outbound),
        listed: registry.repositories.clone(),
        projects: Projects::default(),
    })
}

/// A client of one Harbor.
struct Harbor {
    /// Speaks to the API alone.
    session: Session,
    /// The registry side of the same server.
    distribution: Arc<dyn Registry>,
    /// The repositories that the user listed; empty = ask Harbor.
    listed: Vec<String>,
    projects: Projects,
}

#[async_trait]
impl Registry for Harbor {
    async fn ping(&self) -> Result<String, RegistryError> {
        self.greet().await
    }

    async fn repositories(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        self.names(namespace).await
    }

    async fn artifacts(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        self.find(repository, wanted).await
    }

    async fn artifact(
        &self,
        repository: &str,
        reference: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        self.one(repository, reference, wanted).await
    }

    async fn signatures(&self, artifact: &Artifact) -> Result<Vec<Signature>, RegistryError> {
        self.signatures_of(&artifact.repository, &artifact.digest).await
    }

    async fn scan(&self, artifact: &Artifact, bar: Severity) -> Result<Scan, RegistryError> {
        self.scan_of(&artifact.repository, &artifact.digest, bar).await
    }

    async fn criteria(&self, namespace: &str) -> Result<Option<Criteria>, RegistryError> {
        self.demands(namespace).await
    }

    async fn attached(&self, repository: &str, digest: &Digest) -> Result<Option<Attached>, RegistryError> {
        match self.distribution.attached(repository, digest).await {
            // Signatures may always be read: what is refused stands by itself, or is no signature.
            Err(error) if is_against_rules(&error) => Ok(None),
            answer => answer,
        }
    }

    async fn tags_of(
        &self,
        repository: &str,
        digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        self.tags_naming(repository, digest, among).await
    }

    fn labels_change(&self) -> bool {
        true
    }

    async fn blobs(&self, repository: &str, manifest: &Digest) -> Result<Vec<Blob>, RegistryError> {
        self.distribution.blobs(repository, manifest).await.map_err(pulled)
    }

    async fn pull_access(&self, repository: &str) -> Result<Option<Secret>, RegistryError> {
        self.distribution.pull_access(repository).await
    }
}
