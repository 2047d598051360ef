//! The formats of deliveries, one part each. The payloads are in `data/events`; `data/README.md` says where from.

mod acr;
mod cloudevents;
mod distribution;
mod ecr;
mod harbor;
mod limits;
mod quay;
mod zot;

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use forewarm_domain::event::EventKind;
use forewarm_domain::hint::{Hint, Notice};
use forewarm_registry::events::{Incoming, Malformed, Parsed, parse};
use serde_json::Value;

/// A digest that is one letter 64 times.
fn digest(letter: char) -> String {
    format!("sha256:{}", letter.to_string().repeat(64))
}

/// Reads a body, with the format recognised.
fn read(content_type: &str, body: &str) -> Parsed {
    try_read(content_type, body, None).unwrap()
}

fn try_read(content_type: &str, body: &str, format: Option<&str>) -> Result<Parsed, Malformed> {
    read_with(content_type, &[], body, format)
}

fn read_with(
    content_type: &str,
    attributes: &[(&str, &str)],
    body: &str,
    format: Option<&str>,
) -> Result<Parsed, Malformed> {
    let attributes: BTreeMap<String, String> =
        attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    parse(&Incoming { content_type, attributes: &attributes, body: body.as_bytes() }, format)
}

fn hints(parsed: &Parsed) -> Vec<&Hint> {
    let mut found = vec![];
    for notice in &parsed.notices {
        if let Notice::Hint(hint) = notice {
            found.push(hint);
        }
    }
    found
}

/// About what and why, for every notice that starts nothing.
fn ignored(parsed: &Parsed) -> Vec<(&str, &str)> {
    let mut found = vec![];
    for notice in &parsed.notices {
        if let Notice::Ignored { about, reason, .. } = notice {
            found.push((about.as_str(), reason.as_str()));
        }
    }
    found
}

/// The only notice, which is a hint.
fn only(parsed: &Parsed) -> &Hint {
    assert_eq!(parsed.notices.len(), 1, "{parsed:?}");
    hints(parsed)[0]
}

fn is(hint: &Hint, kind: EventKind, repository: &str, digest: Option<&str>, tags: &[&str]) {
    assert_eq!(hint.kind, kind, "{hint:?}");
    assert_eq!(hint.repository, repository);
    assert_eq!(hint.digest.as_ref().map(forewarm_domain::digest::Digest::as_str), digest);
    assert_eq!(hint.tags, tags);
}

fn at(text: &str) -> Option<DateTime<Utc>> {
    Some(text.parse().unwrap())
}

/// A payload with one place changed.
fn changed(payload: &str, pointer: &str, value: Value) -> String {
    let mut json: Value = serde_json::from_str(payload).unwrap();
    *json.pointer_mut(pointer).unwrap_or_else(|| panic!("no {pointer}")) = value;
    json.to_string()
}
