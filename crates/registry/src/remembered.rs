//! A registry that remembers what it answered: many policies may ask the same about one artifact.

use std::collections::HashMap;
use std::future::Future;
use std::hash::Hash;

use async_trait::async_trait;
use forewarm_domain::Secret;
use forewarm_domain::artifact::{Artifact, Blob};
use forewarm_domain::criteria::Criteria;
use forewarm_domain::digest::Digest;
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::Signature;
use tokio::sync::Mutex;

use crate::{Attached, Found, Registry, RegistryError, Wanted};

/// Asks another registry each question about artifacts once. For a few questions within seconds; it never forgets.
pub struct Remembered<'a> {
    client: &'a dyn Registry,
    artifacts: Memory<(String, String, Asked), Artifact>,
    signatures: Memory<(String, Digest), Vec<Signature>>,
    scans: Memory<(String, Digest, Severity), Scan>,
    criteria: Memory<String, Option<Criteria>>,
    tags: Memory<(String, Digest, Vec<String>), Vec<String>>,
}

/// What of a question changes its answer.
type Asked = (bool, bool, Option<Severity>, bool, bool);

type Memory<K, V> = Mutex<HashMap<K, V>>;

impl<'a> Remembered<'a> {
    pub fn new(client: &'a dyn Registry) -> Self {
        Self {
            client,
            artifacts: Memory::default(),
            signatures: Memory::default(),
            scans: Memory::default(),
            criteria: Memory::default(),
            tags: Memory::default(),
        }
    }
}

#[async_trait]
impl Registry for Remembered<'_> {
    async fn ping(&self) -> Result<String, RegistryError> {
        self.client.ping().await
    }

    async fn repositories(&self, namespace: &str) -> Result<Vec<String>, RegistryError> {
        self.client.repositories(namespace).await
    }

    async fn artifacts(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        self.client.artifacts(repository, wanted).await
    }

    async fn artifact(
        &self,
        repository: &str,
        reference: &str,
        wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        let key = (repository.to_owned(), reference.to_owned(), asked(wanted));
        once(&self.artifacts, key, self.client.artifact(repository, reference, wanted)).await
    }

    async fn signatures(&self, artifact: &Artifact) -> Result<Vec<Signature>, RegistryError> {
        let key = (artifact.repository.clone(), artifact.digest.clone());
        once(&self.signatures, key, self.client.signatures(artifact)).await
    }

    async fn scan(&self, artifact: &Artifact, bar: Severity) -> Result<Scan, RegistryError> {
        let key = (artifact.repository.clone(), artifact.digest.clone(), bar);
        once(&self.scans, key, self.client.scan(artifact, bar)).await
    }

    async fn criteria(&self, namespace: &str) -> Result<Option<Criteria>, RegistryError> {
        once(&self.criteria, namespace.to_owned(), self.client.criteria(namespace)).await
    }

    async fn attached(&self, repository: &str, digest: &Digest) -> Result<Option<Attached>, RegistryError> {
        self.client.attached(repository, digest).await
    }

    async fn tags_of(
        &self,
        repository: &str,
        digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        let key = (repository.to_owned(), digest.clone(), among.to_vec());
        once(&self.tags, key, self.client.tags_of(repository, digest, among)).await
    }

    async fn digests(&self, repository: &str) -> Result<Vec<(String, Digest)>, RegistryError> {
        self.client.digests(repository).await
    }

    fn labels_change(&self) -> bool {
        self.client.labels_change()
    }

    async fn blobs(&self, repository: &str, manifest: &Digest) -> Result<Vec<Blob>, RegistryError> {
        self.client.blobs(repository, manifest).await
    }

    async fn pull_access(&self, repository: &str) -> Result<Option<Secret>, RegistryError> {
        self.client.pull_access(repository).await
    }
}

fn asked(wanted: &Wanted<'_>) -> Asked {
    let selector = wanted.selector;
    let bar = selector.max_severity().map(|demand| demand.value);
    (selector.needs_labels(), selector.needs_signatures(), bar, wanted.platforms, wanted.sizes)
}

/// A failure is not remembered.
async fn once<K: Eq + Hash, V: Clone>(
    memory: &Memory<K, V>,
    key: K,
    ask: impl Future<Output = Result<V, RegistryError>>,
) -> Result<V, RegistryError> {
    let mut memory = memory.lock().await;
    if let Some(known) = memory.get(&key) {
        return Ok(known.clone());
    }
    let answer = ask.await?;
    memory.insert(key, answer.clone());
    Ok(answer)
}
