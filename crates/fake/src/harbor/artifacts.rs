//! Artifacts, as the API lists and describes them.

use serde_json::{Value, json};

use super::account::require;
use super::artifact::Artifact;
use super::paging::Page;
use super::projects::{repositories_of, resolve};
use super::query::{Query, Term, Wish, report};
use super::routes::{bad_request, not_found};
use super::shelf::Shelf;
use super::world::World;
use super::{Lie, view};
use crate::{Answer, Recorded};

/// Everything below `/projects/{project}/repositories/{repository}`.
pub(crate) fn answer(
    world: &World,
    request: &Recorded,
    repository: &str,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let right = match rest {
        ["artifacts"] => "artifact:list",
        ["artifacts", _] => "artifact:read",
        ["artifacts", _, "tags"] => "tag:list",
        ["artifacts", _, "accessories"] => "accessory:list",
        ["artifacts", _, "additions", "vulnerabilities"] => "artifact-addition:read",
        _ => return Err(not_found(&format!("path {} was not found", request.path))),
    };
    let page = Page::of(request)?;
    world.with(|data, content| {
        let project = repository.split('/').next().unwrap_or_default();
        require(data, request, project, right)?;
        let Some(shelf) = Shelf::of(data, content, repository) else {
            return match rest {
                // A list of nothing is empty; only a single artifact is missed.
                ["artifacts"] => Ok(page.answer::<()>(world, request, &[], |()| Value::Null)),
                _ => Err(not_found(&format!("repository {repository} not found"))),
            };
        };
        match rest {
            ["artifacts"] => list(world, request, page, &[shelf]),
            ["artifacts", reference, rest @ ..] => {
                let artifact = shelf.find(reference);
                let artifact = artifact
                    .ok_or_else(|| not_found(&format!("artifact {repository}:{reference} not found")))?;
                one(world, request, page, &shelf, artifact, rest)
            }
            _ => Err(not_found("page not found")),
        }
    })
}

/// The artifacts of a whole project, in versions that can.
pub(crate) fn of_project(world: &World, request: &Recorded, project: &str) -> Result<Answer, Answer> {
    super::account::require_someone(world, request)?;
    let page = Page::of(request)?;
    world.with(|data, content| {
        let project = resolve(data, request, project);
        require(data, request, &project, "artifact:list")?;
        let names = repositories_of(data, &project);
        let shelves: Vec<Shelf<'_>> =
            names.into_iter().filter_map(|name| Shelf::of(data, content, name)).collect();
        list(world, request, page, &shelves)
    })
}

fn list(world: &World, request: &Recorded, page: Page, shelves: &[Shelf<'_>]) -> Result<Answer, Answer> {
    let (wish, query) = (wish(world, request)?, Query::of(request)?);
    let mut all: Vec<(&Shelf<'_>, &Artifact)> = Vec::new();
    for shelf in shelves {
        for artifact in shelf.listed() {
            if passes(shelf, artifact, &query)? {
                all.push((shelf, artifact));
            }
        }
    }
    match request.parameter("sort") {
        Some("id") => all.sort_by_key(|(_, artifact)| artifact.id),
        Some("digest") => all.sort_by_key(|(_, artifact)| artifact.digest.clone()),
        // By default the newest come first.
        _ => all.sort_by_key(|(_, artifact)| std::cmp::Reverse(artifact.id)),
    }
    Ok(page.answer(world, request, &all, |(shelf, artifact)| shown(world, shelf, artifact, &wish)))
}

fn one(
    world: &World,
    request: &Recorded,
    page: Page,
    shelf: &Shelf<'_>,
    artifact: &Artifact,
    rest: &[&str],
) -> Result<Answer, Answer> {
    let paged = |views: Vec<Value>| page.answer(world, request, &views, Value::clone);
    match rest {
        ["tags"] => Ok(paged(view::tags(shelf, artifact))),
        ["accessories"] => Ok(paged(view::accessories(shelf, artifact))),
        ["additions", "vulnerabilities"] => vulnerabilities(world, request, shelf, artifact),
        _ => {
            let wish = wish(world, request)?;
            let mut view = shown(world, shelf, artifact, &wish);
            if world.lies(Lie::OtherDigest) {
                view["digest"] = json!(crate::sha256_digest(b"something else"));
            }
            Ok(Answer::new(200).json(&view))
        }
    }
}

/// The whole report under its type; `{}` while there is none.
fn vulnerabilities(
    world: &World,
    request: &Recorded,
    shelf: &Shelf<'_>,
    artifact: &Artifact,
) -> Result<Answer, Answer> {
    if shelf.images_of(artifact).is_empty() {
        let name = format!("{}@{}", shelf.repository, artifact.digest);
        return Err(not_found(&format!("report not found for {name}")));
    }
    let report = report(request, world.knobs.old_reports);
    let body = match (shelf.scan_of(artifact).filter(super::Scan::is_success), report) {
        (Some(scan), Some(kind)) => json!({ kind: scan.report(&artifact.digest) }),
        _ => json!({}),
    };
    Ok(Answer::new(200).body("application/json", body.to_string()))
}

fn wish(world: &World, request: &Recorded) -> Result<Wish, Answer> {
    let wish = Wish::of(request, world.knobs.old_reports)?;
    Ok(Wish { inherited: wish.inherited && world.knobs.inherited_accessories, ..wish })
}

fn shown(world: &World, shelf: &Shelf<'_>, artifact: &Artifact, wish: &Wish) -> Value {
    let mut view = view::artifact(shelf, artifact, wish);
    if world.lies(Lie::NoDigest) {
        view["digest"] = json!("sha256:../../etc/passwd");
    }
    view
}

fn passes(shelf: &Shelf<'_>, artifact: &Artifact, query: &Query) -> Result<bool, Answer> {
    let columns = [
        ("type", &artifact.kind),
        ("media_type", &artifact.media_type),
        ("artifact_type", &artifact.artifact_type),
        ("digest", &artifact.digest),
    ];
    let plain = columns.iter().all(|(key, value)| query.admits(key, value));
    Ok(plain
        && tagged(shelf, artifact, query.get("tags"))?
        && labelled(shelf, artifact, query.get("labels"))?)
}

fn tagged(shelf: &Shelf<'_>, artifact: &Artifact, wanted: Option<&Term>) -> Result<bool, Answer> {
    let tags = shelf.tags_of(artifact);
    match wanted {
        None => Ok(true),
        Some(Term::Exact(word)) if word == "*" => Ok(!tags.is_empty()),
        Some(Term::Exact(word)) if word == "nil" => Ok(tags.is_empty()),
        Some(Term::Exact(name)) => Ok(tags.contains(&name.as_str())),
        Some(Term::Fuzzy(part)) => Ok(tags.iter().any(|tag| tag.contains(part.as_str()))),
        Some(_) => Err(bad_request(
            r#"the value of "tags" query can only be fuzzy match value or exact match value"#,
        )),
    }
}

fn labelled(shelf: &Shelf<'_>, artifact: &Artifact, wanted: Option<&Term>) -> Result<bool, Answer> {
    let wrong = || {
        bad_request(r#"the value of "labels" query can only be integer list with intersetion relationship"#)
    };
    let ids: Vec<usize> = match wanted {
        None => return Ok(true),
        Some(Term::All(ids)) => {
            ids.iter().map(|id| id.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?
        }
        Some(_) => return Err(wrong()),
    };
    let carried = shelf.notes(artifact).map(|notes| notes.labels.as_slice()).unwrap_or_default();
    Ok(ids.iter().all(|id| carried.iter().any(|place| place + 1 == *id)))
}
