//! Which artifacts an execution is about, and the tasks that they make.

use std::collections::{BTreeMap, BTreeSet};

use forewarm_domain::Invalid;
use forewarm_domain::artifact::{Artifact, Blob};
use forewarm_domain::execution::{ImageRef, Selection};
use forewarm_domain::filter::Selector;
use forewarm_domain::options::PreheatOptions;
use forewarm_domain::task::ImageTarget;
use forewarm_registry::selection::{self, Looked, Question};
use forewarm_registry::{RegistryError, Wanted};
use futures::TryStreamExt;
use tokio::sync::mpsc;

use super::write::Writer;
use super::{ExpandError, Summary, targets};
use crate::context::Context;

/// Repositories that are read while tasks of earlier ones are written.
const READ_AHEAD: usize = 8;

/// Everything that a policy selects.
pub(super) async fn policy(
    context: &Context,
    selected: &Selection,
    options: &PreheatOptions,
    writer: &mut Writer<'_>,
    summary: &mut Summary,
) -> Result<(), ExpandError> {
    let registry = targets::registry(context, selected.registry_id).await?;
    let client = registry.client.as_ref();
    let selector = selection::selector(client, selected).await?.map_err(|found| unusable(&found))?;
    let question = Question::of(selected, selector, &options.platforms);
    let looks = question.ask(client, selected.only.as_ref());
    let (found, mut to_write) = mpsc::channel(READ_AHEAD);
    // Side by side: a stream goes on only while somebody waits for it, and nobody would while tasks are written.
    let read = async move {
        let mut looks = std::pin::pin!(looks);
        while let Some(looked) = looks.try_next().await? {
            if found.send(looked).await.is_err() {
                break;
            }
        }
        Ok(())
    };
    let write = async {
        while let Some(Looked { chosen, left_out, .. }) = to_write.recv().await {
            left_out.iter().for_each(|missed| summary.leave_out(missed.why.filter, missed.tags.len().max(1)));
            summary.repositories += usize::from(!chosen.is_empty());
            summary.artifacts += chosen.len();
            write_artifacts(selected.registry_id, &chosen, options, writer).await?;
        }
        Ok::<(), ExpandError>(())
    };
    tokio::try_join!(read, write)?;
    Ok(())
}

/// These images, all of which must be there: a preheat of nine out of ten asked for is no success.
pub(super) async fn images(
    context: &Context,
    images: &[ImageRef],
    options: &PreheatOptions,
    writer: &mut Writer<'_>,
    summary: &mut Summary,
) -> Result<(), ExpandError> {
    let selector = Selector::default();
    let wanted = Wanted { selector: &selector, platforms: !options.platforms.is_empty(), sizes: false };
    let mut resolved: BTreeMap<i64, Vec<Artifact>> = BTreeMap::new();
    for image in images {
        let registry = targets::registry(context, image.registry_id).await?;
        let artifact = registry.client.artifact(&image.repository, &image.reference, &wanted).await?;
        if manifests(&artifact, options).next().is_none() {
            return Err(RegistryError::Unsuitable(format!(
                "{}:{} has no manifest for the wanted platforms",
                image.repository, image.reference
            ))
            .into());
        }
        merge(resolved.entry(image.registry_id).or_default(), artifact);
    }
    for (registry_id, artifacts) in resolved {
        let repositories: BTreeSet<&String> = artifacts.iter().map(|artifact| &artifact.repository).collect();
        summary.artifacts += artifacts.len();
        summary.repositories += repositories.len();
        write_artifacts(registry_id, &artifacts, options, writer).await?;
    }
    Ok(())
}

/// Two tags of one digest are one artifact.
fn merge(artifacts: &mut Vec<Artifact>, artifact: Artifact) {
    let same =
        |known: &&mut Artifact| known.repository == artifact.repository && known.digest == artifact.digest;
    match artifacts.iter_mut().find(same) {
        Some(known) => {
            let new: Vec<String> =
                artifact.tags.into_iter().filter(|tag| !known.tags.contains(tag)).collect();
            known.tags.extend(new);
        }
        None => artifacts.push(artifact),
    }
}

fn unusable(found: &[Invalid]) -> ExpandError {
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    ExpandError::Plan(format!("a filter cannot be used: {}", words.join("; ")))
}

/// One task per manifest: artifacts of a repository that share a child share its task, which names all their tags.
async fn write_artifacts(
    registry_id: i64,
    artifacts: &[Artifact],
    options: &PreheatOptions,
    writer: &mut Writer<'_>,
) -> Result<(), ExpandError> {
    let mut targets: Vec<(ImageTarget, Option<Vec<Blob>>)> = Vec::new();
    let mut places = BTreeMap::new();
    for artifact in artifacts {
        for manifest in manifests(artifact, options) {
            let place = *places.entry((&artifact.repository, &manifest.digest)).or_insert(targets.len());
            if place < targets.len() {
                targets[place].0.tags.extend(artifact.tags.iter().cloned());
                continue;
            }
            let target = ImageTarget {
                registry_id: Some(registry_id),
                repository: artifact.repository.clone(),
                digest: manifest.digest.clone(),
                media_type: manifest.media_type.clone(),
                platform: manifest.platform.clone(),
                tags: artifact.tags.clone(),
                artifact_digest: artifact.digest.clone(),
            };
            targets.push((target, manifest.blobs.clone()));
        }
    }
    for (target, blobs) in targets {
        writer.image(target, blobs).await?;
    }
    Ok(())
}

fn manifests<'a>(
    artifact: &'a Artifact,
    options: &'a PreheatOptions,
) -> impl Iterator<Item = &'a forewarm_domain::artifact::Manifest> {
    artifact.manifests.iter().filter(|manifest| {
        options.platforms.is_empty()
            || manifest
                .platform
                .as_ref()
                .is_some_and(|found| options.platforms.iter().any(|wanted| wanted.covers(found)))
    })
}
