//! Which artifacts an execution is about: cheap filters first, remote look-ups only for what passed them.

use std::collections::{BTreeMap, BTreeSet};

use forewarm_domain::artifact::Artifact;
use forewarm_domain::execution::ImageRef;
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::options::PreheatOptions;
use forewarm_domain::task::ImageTarget;
use forewarm_registry::{Found, RegistryError, Wanted};
use futures::{StreamExt, TryStreamExt};

use super::write::Writer;
use super::{ExpandError, Summary, targets};
use crate::connections::ConnectedRegistry;
use crate::context::Context;

/// Repositories looked at side by side; the registry's client bounds the requests.
const REPOSITORIES_AT_ONCE: usize = 4;

/// Everything in a namespace that passes the filters.
pub(super) async fn policy(
    registry: &ConnectedRegistry,
    namespace: &str,
    filters: &[Filter],
    options: &PreheatOptions,
    writer: &mut Writer<'_>,
    summary: &mut Summary,
) -> Result<(), ExpandError> {
    let selector = compile(filters)?;
    let wanted = Wanted { selector: &selector, platforms: !options.platforms.is_empty() };
    let mut repositories = Vec::new();
    for repository in registry.client.repositories(namespace).await? {
        match selector.repository(short_name(&repository, namespace)) {
            Ok(()) => repositories.push(repository),
            Err(out) => summary.leave_out(out.filter),
        }
    }
    let looks = repositories.into_iter().map(|repository| {
        let client = registry.client.clone();
        async move { client.artifacts(&repository, &wanted).await }
    });
    let mut found = futures::stream::iter(looks).buffered(REPOSITORIES_AT_ONCE);
    while let Some(Found { artifacts, left_out }) = found.try_next().await? {
        left_out.iter().for_each(|(_, out)| summary.leave_out(out.filter));
        let artifacts = select(artifacts, &selector, summary);
        summary.repositories += usize::from(!artifacts.is_empty());
        write(registry.registry.id, &artifacts, options, writer, summary).await?;
    }
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
    let selector = compile(&[])?;
    let wanted = Wanted { selector: &selector, platforms: !options.platforms.is_empty() };
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

fn compile(filters: &[Filter]) -> Result<Selector, ExpandError> {
    Selector::compile(filters).map_err(|found| {
        let words: Vec<String> = found.iter().map(ToString::to_string).collect();
        ExpandError::Plan(format!("a filter cannot be used: {}", words.join("; ")))
    })
}

/// The name that a pattern sees: without the project's namespace.
fn short_name<'a>(repository: &'a str, namespace: &str) -> &'a str {
    repository.strip_prefix(namespace).map_or(repository, |rest| rest.strip_prefix('/').unwrap_or(rest))
}

fn select(artifacts: Vec<Artifact>, selector: &Selector, summary: &mut Summary) -> Vec<Artifact> {
    let passes = |artifact: &Artifact| match selector.labels(&artifact.labels) {
        Ok(()) => true,
        Err(out) => {
            summary.leave_out(out.filter);
            false
        }
    };
    artifacts.into_iter().filter(passes).collect()
}

async fn write(
    registry_id: i64,
    artifacts: &[Artifact],
    options: &PreheatOptions,
    writer: &mut Writer<'_>,
    summary: &mut Summary,
) -> Result<(), ExpandError> {
    for artifact in artifacts {
        match manifests(artifact, options).next() {
            Some(_) => summary.artifacts += 1,
            None => summary.leave_out("platform"),
        }
    }
    write_artifacts(registry_id, artifacts, options, writer).await
}

/// One task per manifest: artifacts of a repository that share a child share its task, which names all their tags.
async fn write_artifacts(
    registry_id: i64,
    artifacts: &[Artifact],
    options: &PreheatOptions,
    writer: &mut Writer<'_>,
) -> Result<(), ExpandError> {
    let mut targets: Vec<ImageTarget> = Vec::new();
    let mut places = BTreeMap::new();
    for artifact in artifacts {
        for manifest in manifests(artifact, options) {
            let place = *places.entry((&artifact.repository, &manifest.digest)).or_insert(targets.len());
            if place < targets.len() {
                targets[place].tags.extend(artifact.tags.iter().cloned());
                continue;
            }
            targets.push(ImageTarget {
                registry_id: Some(registry_id),
                repository: artifact.repository.clone(),
                digest: manifest.digest.clone(),
                media_type: manifest.media_type.clone(),
                platform: manifest.platform.clone(),
                tags: artifact.tags.clone(),
                artifact_digest: artifact.digest.clone(),
            });
        }
    }
    for target in targets {
        writer.image(target).await?;
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
