//! The catalog and the tags of a fake registry, page by page.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::routes::error;
use super::state::State;
use super::{Cursors, Lie, Links};
use crate::{Answer, Recorded, lock};

/// The parameter of an opaque cursor.
const CURSOR: &str = "next_page";

pub(crate) fn catalog(state: &State, request: &Recorded) -> Answer {
    if !state.knobs.catalog {
        return error(404, "NOT_FOUND", "page not found");
    }
    let names = lock(&state.content).repositories.keys().cloned().collect();
    let (page, link) = page(state, request, names);
    linked(Answer::new(200).json(&json!({"repositories": page})), link)
}

pub(crate) fn tags(state: &State, request: &Recorded, repository: &str) -> Answer {
    let found = lock(&state.content).repositories.get(repository).map(|r| r.tags.keys().cloned().collect());
    let Some(names) = found else {
        return error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let (page, link) = page(state, request, names);
    let tags = if state.lies(Lie::NullTags) { Value::Null } else { json!(page) };
    linked(Answer::new(200).json(&json!({"name": repository, "tags": tags})), link)
}

/// One page of the sorted names, and the target of the link to the next one.
fn page(state: &State, request: &Recorded, mut names: Vec<String>) -> (Vec<String>, Option<String>) {
    let asked = request.parameter("n").and_then(|n| n.parse().ok()).unwrap_or(usize::MAX);
    let size = asked.min(state.knobs.page_size).max(1);
    if state.lies(Lie::EndlessPaging) {
        names.truncate(size);
        return (names, Some(next(state, request, &format!("again-{}", request.query.len()), size)));
    }
    let after = after(state, request);
    let rest: Vec<String> = names.into_iter().filter(|name| *name > after).collect();
    let more = rest.len() > size;
    let page: Vec<String> = rest.into_iter().take(size).collect();
    let link = page.last().filter(|_| more).map(|last| next(state, request, last, size));
    (page, link)
}

fn after(state: &State, request: &Recorded) -> String {
    match state.knobs.cursors {
        Cursors::Last => request.parameter("last").unwrap_or_default().to_owned(),
        Cursors::Opaque => {
            let cursor = request.parameter(CURSOR).unwrap_or_default();
            let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
            String::from_utf8(bytes).unwrap_or_default()
        }
    }
}

fn next(state: &State, request: &Recorded, last: &str, size: usize) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    match state.knobs.cursors {
        Cursors::Last => query.append_pair("last", last),
        Cursors::Opaque => query.append_pair(CURSOR, &URL_SAFE_NO_PAD.encode(last)),
    };
    query.append_pair("n", &size.to_string());
    let relative = format!("{}?{}", request.path, query.finish());
    match state.knobs.links {
        Links::Relative => relative,
        Links::Absolute => format!("{}{relative}", state.url),
    }
}

fn linked(answer: Answer, link: Option<String>) -> Answer {
    match link {
        Some(target) => answer.header("link", format!(r#"<{target}>; rel="next""#)),
        None => answer,
    }
}
