//! A preview, as users read it.

use std::collections::BTreeMap;

use forewarm_domain::artifact::{Artifact, Manifest};
use forewarm_domain::instance::Instance;
use poem_openapi::Object;

use super::look::Look;
use crate::criteria::EffectiveView;

/// What a policy would preheat now.
#[derive(Object)]
#[oai(rename = "Preview", skip_serializing_if_is_none)]
pub struct View {
    /// What holds in the end, with what the registry's own project demands.
    criteria: EffectiveView,
    totals: TotalsView,
    /// A page of the tasks that there would be.
    tasks: Vec<TaskView>,
    /// A page of what is left out.
    left_out: Vec<LeftOutView>,
    /// Whether everything was looked at.
    complete: bool,
    /// Why not everything was looked at.
    note: Option<String>,
    warnings: Vec<String>,
}

/// How much it is.
#[derive(Object)]
#[oai(rename = "PreviewTotals")]
struct TotalsView {
    /// What the tags name: images and indexes.
    artifacts: i64,
    tasks: i64,
    /// Bytes that one instance would fetch: the configs and layers of all manifests. A layer that several images share
    /// counts for each of them.
    bytes: i64,
    left_out: i64,
    /// Left out by type of filter or criterion.
    left_out_by: BTreeMap<String, i64>,
}

/// A task that there would be.
#[derive(Object)]
#[oai(rename = "PreviewTask", skip_serializing_if_is_none)]
struct TaskView {
    repository: String,
    tags: Vec<String>,
    /// Of the manifest.
    digest: String,
    /// Of what the tags name: the manifest or its index.
    artifact_digest: String,
    platform: Option<String>,
    /// Bytes of config and layers; absent where the registry does not tell.
    size: Option<i64>,
    instance: String,
}

/// Something that is left out, and why.
#[derive(Object)]
#[oai(rename = "PreviewLeftOut")]
struct LeftOutView {
    repository: String,
    /// None: the whole repository.
    tags: Vec<String>,
    /// The filter or criterion that it failed first: `repository`, `tag`, `label`, `vulnerability`, `signature`,
    /// `platform`, or `media_type` for what is no image.
    filter: String,
    /// What failed, with the value.
    reason: String,
}

impl View {
    pub fn of(look: &Look, instances: &[Instance], (page, page_size): (i64, i64)) -> Self {
        let (enabled, disabled): (Vec<&Instance>, Vec<&Instance>) =
            instances.iter().partition(|instance| instance.enabled);
        let manifests = manifests(&look.chosen);
        let skip = usize::try_from((page - 1).saturating_mul(page_size)).unwrap_or(usize::MAX);
        let take = usize::try_from(page_size).unwrap_or_default();
        let tasks =
            manifests.iter().flat_map(|found| enabled.iter().map(move |instance| found.view(instance)));
        let left_out = look.left_out.iter().skip(skip).take(take);
        Self {
            criteria: EffectiveView::of_selector(&look.selector, look.follow_registry),
            totals: totals(look, &manifests, enabled.len()),
            tasks: tasks.skip(skip).take(take).collect(),
            left_out: left_out
                .map(|(repository, missed)| LeftOutView {
                    repository: repository.clone(),
                    tags: missed.tags.clone(),
                    filter: missed.why.filter.to_owned(),
                    reason: missed.why.reason.clone(),
                })
                .collect(),
            complete: look.cut_off.is_none(),
            note: look.cut_off.clone(),
            warnings: disabled
                .iter()
                .map(|instance| format!("instance '{}' is disabled and gets nothing", instance.name))
                .collect(),
        }
    }
}

/// One manifest to be, with the tags of every artifact of its repository that has it.
struct Unit<'a> {
    artifact: &'a Artifact,
    manifest: &'a Manifest,
    tags: Vec<String>,
}

/// One for each manifest of a repository, as a run makes its tasks.
fn manifests(chosen: &[Artifact]) -> Vec<Unit<'_>> {
    let mut units: Vec<Unit<'_>> = Vec::new();
    let mut places = BTreeMap::new();
    for artifact in chosen {
        for manifest in &artifact.manifests {
            let place = *places.entry((&artifact.repository, &manifest.digest)).or_insert(units.len());
            match units.get_mut(place) {
                Some(unit) => unit.tags.extend(artifact.tags.iter().cloned()),
                None => units.push(Unit { artifact, manifest, tags: artifact.tags.clone() }),
            }
        }
    }
    units
}

impl Unit<'_> {
    fn view(&self, instance: &Instance) -> TaskView {
        TaskView {
            repository: self.artifact.repository.clone(),
            tags: self.tags.clone(),
            digest: self.manifest.digest.to_string(),
            artifact_digest: self.artifact.digest.to_string(),
            platform: self.manifest.platform.as_ref().map(ToString::to_string),
            size: self.manifest.size.and_then(|size| i64::try_from(size).ok()),
            instance: instance.name.clone(),
        }
    }
}

fn totals(look: &Look, manifests: &[Unit<'_>], instances: usize) -> TotalsView {
    let mut left_out_by: BTreeMap<String, i64> = BTreeMap::new();
    for (_, missed) in &look.left_out {
        *left_out_by.entry(missed.why.filter.to_owned()).or_default() += 1;
    }
    let bytes: u64 = manifests.iter().filter_map(|unit| unit.manifest.size).sum();
    let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    TotalsView {
        artifacts: number(look.chosen.len()),
        tasks: number(manifests.len() * instances),
        bytes: i64::try_from(bytes).unwrap_or(i64::MAX),
        left_out: number(look.left_out.len()),
        left_out_by,
    }
}
