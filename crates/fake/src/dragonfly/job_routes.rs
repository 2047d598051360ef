//! Reads, lists, changes and deletes rows.

use serde_json::Value;

use super::job::{Job, Shown, View};
use super::link::Page;
use super::routes::{invalid, not_found};
use super::world::World;
use crate::{Answer, Recorded};

const STATES: [&str; 6] = ["PENDING", "RECEIVED", "STARTED", "RETRY", "SUCCESS", "FAILURE"];

pub(crate) fn route(world: &mut World, request: &Recorded, id: Option<&str>) -> Answer {
    let Some(id) = id else {
        return list(world, request);
    };
    let Some(id) = id.parse::<u64>().ok().filter(|id| *id > 0) else {
        return invalid(&bad_id(id));
    };
    match request.method.as_str() {
        "DELETE" => delete(world, id),
        "PATCH" => change(world, request, id),
        _ => read(world, id),
    }
}

fn read(world: &mut World, id: u64) -> Answer {
    world.begin_read();
    world.refresh(id);
    // The user is looked up after the row, and a missing one hides it.
    match world.read(id).filter(|job| has_user(world, job)) {
        Some(job) => Answer::new(200).json(&job.shown(world, View::Single)),
        None => not_found(),
    }
}

fn list(world: &mut World, request: &Recorded) -> Answer {
    let page = match Page::parse(request) {
        Ok(page) => page,
        Err(text) => return invalid(&text),
    };
    let state = request.parameter("state").filter(|state| !state.is_empty());
    if state.is_some_and(|state| !STATES.contains(&state)) {
        let text = "Key: 'GetJobsQuery.State' Error:Field validation for 'State' failed on the 'oneof' tag";
        return invalid(text);
    }
    let user = match request.parameter("user_id").map(str::parse::<u64>) {
        Some(Err(error)) => return invalid(&error.to_string()),
        Some(Ok(user)) => Some(user),
        None => None,
    };
    let kind = request.parameter("type").unwrap_or_default();
    world.begin_read();
    let (total, ids) = match (state, user) {
        _ if !(kind.is_empty() || kind == "preheat") => (0, Vec::new()),
        // What most ask for costs no more than the page, however many rows there are.
        (None, None) => (world.count(), page.of(world.ids())),
        _ => {
            let found = matching(world, state, user);
            (found.len(), page.of(found.into_iter()))
        }
    };
    ids.iter().for_each(|id| world.refresh(*id));
    let world: &World = world;
    let rows = ids.iter().filter_map(|id| world.read(*id));
    let views: Vec<Shown<'_>> = rows.map(|job| job.shown(world, View::Listed)).collect();
    page.link(Answer::new(200).json(&views), request, total)
}

fn matching(world: &mut World, state: Option<&str>, user: Option<u64>) -> Vec<u64> {
    world.settle();
    let fits = |job: &Job| {
        state.is_none_or(|state| job.state == state) && user.is_none_or(|user| job.user_id == user)
    };
    world.ids().filter(|id| world.read(*id).is_some_and(fits)).collect()
}

/// Removes the row; what the peers are doing goes on.
fn delete(world: &mut World, id: u64) -> Answer {
    if world.delete(id) { Answer::new(200) } else { not_found() }
}

fn change(world: &mut World, request: &Recorded, id: u64) -> Answer {
    let Some(body) = request.json().filter(Value::is_object) else {
        return invalid("EOF");
    };
    let now = world.now();
    let Some(job) = world.row(id) else {
        return not_found();
    };
    if let Some(bio) = body["bio"].as_str() {
        bio.clone_into(&mut job.bio);
    }
    if let Some(user) = body["user_id"].as_u64() {
        job.user_id = user;
    }
    job.updated_at = now;
    let job = job.clone();
    Answer::new(200).json(&job.shown(world, View::Single))
}

fn has_user(world: &World, job: &Job) -> bool {
    job.user_id == 0 || world.knobs.users.iter().any(|user| user.id == job.user_id)
}

fn bad_id(text: &str) -> String {
    if text == "0" {
        "Key: 'JobParams.ID' Error:Field validation for 'ID' failed on the 'required' tag".to_owned()
    } else {
        format!(r#"strconv.ParseUint: parsing "{text}": invalid syntax"#)
    }
}
