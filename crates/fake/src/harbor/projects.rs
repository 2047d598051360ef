//! Projects and their repositories, as the API lists them.

use serde_json::{Value, json};

use super::account::{require, who};
use super::paging::Page;
use super::query::Query;
use super::shelf::Shelf;
use super::world::{Data, World};
use crate::{Answer, Recorded};

/// The projects that the account sees; strangers, and those whose password is wrong, see the public ones.
pub(crate) fn list(world: &World, request: &Recorded) -> Result<Answer, Answer> {
    let (page, query) = (Page::of(request)?, Query::of(request)?);
    let fuzzy = request.parameter("name").unwrap_or_default().to_lowercase();
    world.with(|data, _| {
        let account = who(data, request);
        let seen = |name: &str| account.as_ref().is_some_and(|account| account.sees(name));
        let mut names: Vec<&String> = data.projects.keys().collect();
        names.retain(|name| {
            let shown = seen(name) || data.projects[*name].is_public();
            shown && query.admits("name", name) && name.to_lowercase().contains(&fuzzy)
        });
        // By default the newest come first.
        names.sort_by_key(|name| std::cmp::Reverse(data.projects[*name].id));
        if request.parameter("sort") == Some("name") {
            names.sort();
        }
        Ok(page.answer(world, request, &names, |name| view(data, name)))
    })
}

/// One project, by name or by id: digits alone are an id unless the header says that they are a name.
pub(crate) fn get(world: &World, request: &Recorded, project: &str) -> Result<Answer, Answer> {
    world.with(|data, _| {
        let name = resolve(data, request, project);
        require(data, request, &name, "project:read")?;
        Ok(Answer::new(200).json(&view(data, &name)))
    })
}

/// The project's name where the path may carry its id.
pub(crate) fn resolve(data: &Data, request: &Recorded, project: &str) -> String {
    let named = request.header("x-is-resource-name") == Some("true");
    match project.parse::<i64>() {
        Ok(id) if !named => {
            let found = data.projects.iter().find(|(_, one)| one.id == id);
            found.map(|(name, _)| name.clone()).unwrap_or_default()
        }
        _ => project.to_owned(),
    }
}

/// The repositories of a project, with the project in their names.
pub(crate) fn repositories(world: &World, request: &Recorded, project: &str) -> Result<Answer, Answer> {
    let (page, query) = (Page::of(request)?, Query::of(request)?);
    world.with(|data, content| {
        require(data, request, project, "repository:list")?;
        let mut names = repositories_of(data, project);
        names.retain(|name| query.admits("name", name));
        let view = |name: &&str| {
            let count = Shelf::of(data, content, name).map_or(0, |shelf| shelf.listed().len());
            json!({
                "id": data.artifacts.keys().position(|own| own == name).unwrap_or_default() + 1,
                "project_id": data.projects[project].id, "name": name, "artifact_count": count, "pull_count": 0,
                "creation_time": "2026-08-21T08:00:00.000Z", "update_time": "2026-08-21T08:00:00.000Z",
            })
        };
        Ok(page.answer(world, request, &names, view))
    })
}

pub(crate) fn repositories_of<'a>(data: &'a Data, project: &str) -> Vec<&'a str> {
    let below = |name: &&str| name.strip_prefix(project).is_some_and(|rest| rest.starts_with('/'));
    data.artifacts.keys().map(String::as_str).filter(below).collect()
}

fn view(data: &Data, name: &str) -> Value {
    data.projects[name].view(name, repositories_of(data, name).len())
}
