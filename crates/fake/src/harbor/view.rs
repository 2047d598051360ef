//! Artifacts, tags, labels and accessories as the API shows them.

use serde_json::{Value, json};

use super::artifact::Artifact;
use super::query::Wish;
use super::shelf::Shelf;

/// When everything was pushed: a fake has no history.
const PUSHED: &str = "2026-08-21T08:00:00.000Z";
/// What was never pulled.
const NEVER: &str = "0001-01-01T00:00:00.000Z";
const ICON: &str = "sha256:0048162a053eef4d4ce3fe7518615bef084403614f8bca43b40ae2e762e11e06";

/// One artifact with the parts that were wished for. What there is none of is `null`, as Harbor writes it.
pub(crate) fn artifact(shelf: &Shelf<'_>, artifact: &Artifact, wish: &Wish) -> Value {
    let mut view = base(shelf, artifact);
    if wish.tags {
        view["tags"] = list(tags(shelf, artifact));
    }
    if wish.labels {
        view["labels"] = list(labels(shelf, artifact));
    }
    if wish.accessories {
        view["accessories"] = list(accessories(shelf, artifact));
    }
    if wish.inherited {
        let inherited = shelf.inherited_by(artifact);
        let views: Vec<Value> =
            inherited.iter().map(|(parent, one, kind)| accessory(shelf, parent, one, kind)).collect();
        if !views.is_empty() {
            view["inherited_accessories"] = json!(views);
        }
    }
    if wish.overview
        && let Some(scan) = shelf.scan_of(artifact)
        && let Some(report) = &wish.report
    {
        view["scan_overview"] = json!({ (*report): scan.overview() });
    }
    view
}

pub(crate) fn tags(shelf: &Shelf<'_>, artifact: &Artifact) -> Vec<Value> {
    let view = |(place, name): (usize, &&str)| {
        json!({
            "id": artifact.id * 1000 + place as i64, "name": name, "artifact_id": artifact.id,
            "repository_id": repository_id(shelf), "immutable": false, "push_time": PUSHED, "pull_time": NEVER,
        })
    };
    shelf.tags_of(artifact).iter().enumerate().map(view).collect()
}

pub(crate) fn accessories(shelf: &Shelf<'_>, artifact: &Artifact) -> Vec<Value> {
    let all = shelf.accessories_of(artifact);
    all.iter().map(|(one, kind)| accessory(shelf, artifact, one, kind)).collect()
}

fn base(shelf: &Shelf<'_>, artifact: &Artifact) -> Value {
    let reference = |child: &super::artifact::Reference| {
        json!({
            "child_digest": child.digest, "child_id": shelf.id_of(&child.digest), "parent_id": artifact.id,
            "platform": child.platform, "annotations": child.annotations, "urls": null,
        })
    };
    let href = format!(
        "{}/artifacts/{}/additions",
        super::routes::repository_path(shelf.repository),
        artifact.digest
    );
    json!({
        "id": artifact.id, "type": artifact.kind, "digest": artifact.digest, "media_type": artifact.media_type,
        "manifest_media_type": artifact.manifest_media_type, "artifact_type": artifact.artifact_type,
        "project_id": project_id(shelf), "repository_id": repository_id(shelf), "repository_name": shelf.repository,
        "size": artifact.size, "icon": ICON, "push_time": PUSHED, "pull_time": NEVER,
        "extra_attrs": artifact.extra_attrs, "annotations": artifact.annotations,
        "references": list(artifact.references.iter().map(reference).collect()),
        "tags": null, "labels": null, "accessories": null,
        "addition_links": {"vulnerabilities": {"absolute": false, "href": format!("{href}/vulnerabilities")}},
    })
}

fn labels(shelf: &Shelf<'_>, artifact: &Artifact) -> Vec<Value> {
    let view = |place: &usize| {
        json!({
            "id": place + 1, "name": shelf.data.labels[*place], "description": "", "color": "#0065AB", "scope": "g",
            "creation_time": PUSHED, "update_time": PUSHED,
        })
    };
    shelf.notes(artifact).map(|notes| notes.labels.iter().map(view).collect()).unwrap_or_default()
}

fn accessory(shelf: &Shelf<'_>, subject: &Artifact, one: &Artifact, kind: &str) -> Value {
    json!({
        "id": one.id, "artifact_id": one.id, "subject_artifact_id": subject.id,
        "subject_artifact_digest": subject.digest, "subject_artifact_repo": shelf.repository,
        "size": one.size, "digest": one.digest, "type": kind, "icon": ICON, "creation_time": PUSHED,
    })
}

fn list(values: Vec<Value>) -> Value {
    if values.is_empty() { Value::Null } else { Value::Array(values) }
}

fn project_id(shelf: &Shelf<'_>) -> i64 {
    let project = shelf.repository.split('/').next().unwrap_or_default();
    shelf.data.projects.get(project).map_or(0, |project| project.id)
}

fn repository_id(shelf: &Shelf<'_>) -> i64 {
    shelf.data.artifacts.keys().position(|name| name == shelf.repository).map_or(0, |place| place as i64 + 1)
}
