//! A look at what a repository holds, for telling what has changed since the last one.

use std::collections::HashMap;

use forewarm_domain::artifact::Artifact;
use forewarm_domain::digest::Digest;
use forewarm_domain::filter::{Filter, Selector};
use futures::stream::{self, StreamExt, TryStreamExt};

use crate::{Registry, RegistryError, Wanted};

/// Artifacts that are looked at side by side; the registry's client bounds the requests.
const AT_A_TIME: usize = 4;

/// What must be known besides digests.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Needs {
    pub labels: bool,
    pub signatures: bool,
}

/// What a tag names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub tag: String,
    pub digest: Digest,
    /// Sorted; None where they were not needed.
    pub labels: Option<Vec<String>>,
    /// How each signature was made, sorted; None where they were not needed.
    pub signatures: Option<Vec<String>>,
}

/// Every tag of the repository. `known` are the labels of digests that were looked at before, which saves looking again
/// where labels do not change.
pub async fn glance(
    client: &dyn Registry,
    repository: &str,
    needs: Needs,
    known: &HashMap<Digest, Vec<String>>,
) -> Result<Vec<Seen>, RegistryError> {
    let artifacts = match client.labels_change() {
        true => listed(client, repository, needs).await?,
        false => digests(client, repository).await?,
    };
    let looks = artifacts.into_iter().map(|artifact| look(client, artifact, needs, known));
    let seen: Vec<Vec<Seen>> = stream::iter(looks).buffered(AT_A_TIME).try_collect().await?;
    Ok(seen.into_iter().flatten().collect())
}

/// With labels, where they are needed, and with signatures as far as the list tells.
async fn listed(
    client: &dyn Registry,
    repository: &str,
    needs: Needs,
) -> Result<Vec<Artifact>, RegistryError> {
    let selector = asking_for(needs);
    let wanted = Wanted { selector: &selector, platforms: false, sizes: false };
    Ok(client.artifacts(repository, &wanted).await?.artifacts)
}

/// Filters that make the registry tell what is needed. Nobody is left out by them: they are not applied.
fn asking_for(needs: Needs) -> Selector {
    let label = Filter::Label { labels: vec!["any".to_owned()] };
    let signature = Filter::Signature { signed: true };
    let mut filters = Vec::new();
    filters.extend(needs.labels.then_some(label));
    filters.extend(needs.signatures.then_some(signature));
    Selector::compile(&filters).unwrap_or_default()
}

async fn digests(client: &dyn Registry, repository: &str) -> Result<Vec<Artifact>, RegistryError> {
    let mut artifacts: Vec<Artifact> = Vec::new();
    let mut places: HashMap<Digest, usize> = HashMap::new();
    for (tag, digest) in client.digests(repository).await? {
        let place = *places.entry(digest.clone()).or_insert(artifacts.len());
        if place == artifacts.len() {
            artifacts.push(bare(repository, digest));
        }
        artifacts[place].tags.push(tag);
    }
    Ok(artifacts)
}

fn bare(repository: &str, digest: Digest) -> Artifact {
    Artifact {
        repository: repository.to_owned(),
        digest,
        media_type: String::new(),
        tags: vec![],
        labels: vec![],
        signatures: None,
        scan: None,
        manifests: vec![],
    }
}

async fn look(
    client: &dyn Registry,
    artifact: Artifact,
    needs: Needs,
    known: &HashMap<Digest, Vec<String>>,
) -> Result<Vec<Seen>, RegistryError> {
    let labels = match needs.labels {
        true => Some(labels(client, &artifact, known).await?),
        false => None,
    };
    let signatures = match needs.signatures {
        true => Some(signatures(client, &artifact).await?),
        false => None,
    };
    let seen = |tag| Seen {
        tag,
        digest: artifact.digest.clone(),
        labels: labels.clone(),
        signatures: signatures.clone(),
    };
    Ok(artifact.tags.iter().cloned().map(seen).collect())
}

async fn labels(
    client: &dyn Registry,
    artifact: &Artifact,
    known: &HashMap<Digest, Vec<String>>,
) -> Result<Vec<String>, RegistryError> {
    let mut labels = match known.get(&artifact.digest) {
        _ if client.labels_change() => artifact.labels.clone(),
        Some(known) => known.clone(),
        None => {
            let selector = asking_for(Needs { labels: true, signatures: false });
            let wanted = Wanted { selector: &selector, platforms: false, sizes: false };
            let read = client.artifact(&artifact.repository, artifact.digest.as_str(), &wanted).await;
            unless_gone(read.map(|artifact| artifact.labels))?
        }
    };
    labels.sort();
    Ok(labels)
}

async fn signatures(client: &dyn Registry, artifact: &Artifact) -> Result<Vec<String>, RegistryError> {
    let found = match &artifact.signatures {
        Some(found) => found.clone(),
        None => unless_gone(client.signatures(artifact).await)?,
    };
    let mut schemes: Vec<String> = found.iter().map(|signature| signature.scheme.to_string()).collect();
    schemes.sort();
    Ok(schemes)
}

/// What went away meanwhile, or is no image, has neither labels nor signatures.
fn unless_gone<T: Default>(answer: Result<T, RegistryError>) -> Result<T, RegistryError> {
    match answer {
        Err(RegistryError::NotFound(_) | RegistryError::Unsuitable(_)) => Ok(T::default()),
        answer => answer,
    }
}
