//! A registry in memory, so that a selection's own time is all that is measured.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anyhow::Context as _;
use async_trait::async_trait;
use forewarm_domain::Secret;
use forewarm_domain::artifact::{Artifact, Blob, Manifest};
use forewarm_domain::criteria::Criteria;
use forewarm_domain::digest::Digest;
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::{Scheme, Signature};
use forewarm_registry::{Attached, Found, Registry, RegistryError, Wanted};

pub const REPOSITORIES: usize = 1_000;
pub const TAGS: usize = 100;

/// A registry in memory, whose look-ups cost nothing. It hands everything out once.
pub struct Memory {
    repositories: Mutex<HashMap<String, Vec<Artifact>>>,
}

impl Memory {
    pub fn new() -> anyhow::Result<Self> {
        let mut repositories = HashMap::new();
        for number in 0..REPOSITORIES {
            let name = format!("company/team-{}/web-{number}", number % 50);
            let artifacts = (0..TAGS).map(|tag| artifact(&name, number, tag)).collect::<Result<_, _>>()?;
            repositories.insert(name, artifacts);
        }
        Ok(Self { repositories: Mutex::new(repositories) })
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Vec<Artifact>>> {
        self.repositories.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn artifact(repository: &str, number: usize, tag: usize) -> anyhow::Result<Artifact> {
    let digest = Digest::parse(&format!("sha256:{:064x}", number * TAGS + tag)).context("a digest")?;
    let manifest = Manifest {
        digest: digest.clone(),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        platform: "linux/amd64".parse().ok(),
        size: None,
        blobs: None,
    };
    let scheme = Scheme::CosignTag;
    let severity = if tag.is_multiple_of(2) { Severity::Low } else { Severity::Critical };
    Ok(Artifact {
        repository: repository.to_owned(),
        digest,
        media_type: manifest.media_type.clone(),
        tags: vec![format!("v{tag}.0")],
        labels: vec!["team".to_owned(), "production".to_owned()],
        signatures: Some(vec![Signature { scheme, of_index: false }]),
        scan: Some(Scan::Worst(severity)),
        manifests: vec![manifest],
    })
}

#[async_trait]
impl Registry for Memory {
    async fn ping(&self) -> Result<String, RegistryError> {
        Ok("memory".to_owned())
    }

    async fn repositories(&self, _namespace: &str) -> Result<Vec<String>, RegistryError> {
        Ok(self.held().keys().cloned().collect())
    }

    async fn artifacts(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        let held = self.held().remove(repository);
        let mut found = Found::default();
        for mut artifact in held.into_iter().flatten() {
            match wanted.selector.tag(&artifact.tags[0]) {
                Ok(()) => found.artifacts.push(artifact),
                Err(why) => found.left_out.push((artifact.tags.remove(0), why)),
            }
        }
        Ok(found)
    }

    async fn artifact(
        &self,
        repository: &str,
        reference: &str,
        _wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        Err(RegistryError::NotFound(format!("{repository}@{reference}")))
    }

    async fn signatures(&self, _artifact: &Artifact) -> Result<Vec<Signature>, RegistryError> {
        Ok(vec![])
    }

    async fn scan(&self, _artifact: &Artifact, _bar: Severity) -> Result<Scan, RegistryError> {
        Ok(Scan::Unscanned("nobody scans".to_owned()))
    }

    async fn criteria(&self, _namespace: &str) -> Result<Option<Criteria>, RegistryError> {
        Ok(None)
    }

    async fn attached(&self, _repository: &str, _digest: &Digest) -> Result<Option<Attached>, RegistryError> {
        Ok(None)
    }

    async fn tags_of(
        &self,
        _repository: &str,
        _digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        Ok(among.to_vec())
    }

    async fn blobs(&self, _repository: &str, _manifest: &Digest) -> Result<Vec<Blob>, RegistryError> {
        Ok(vec![])
    }

    async fn pull_access(&self, _repository: &str) -> Result<Option<Secret>, RegistryError> {
        Ok(None)
    }
}
