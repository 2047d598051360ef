//! zot: CloudEvents in binary mode.

use forewarm_domain::event::EventKind;
use serde_json::json;

use super::{at, changed, digest, ignored, is, only, read_with};

const UPDATED: &str = include_str!("../../data/events/zot-updated.json");

fn attributes<'a>(kind: &'a str, id: &'a str) -> [(&'a str, &'a str); 5] {
    [
        ("ce-specversion", "1.0"),
        ("ce-type", kind),
        ("ce-source", "zotregistry.dev"),
        ("ce-id", id),
        ("ce-time", "2026-03-01T12:00:00Z"),
    ]
}

#[test]
fn an_updated_image_is_a_push() {
    let headers = attributes("zotregistry.image.updated", "1");
    let parsed = read_with("application/json", &headers, UPDATED, None).unwrap();
    assert_eq!(parsed.format, "zot");
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &["1.2"]);
    assert_eq!(only(&parsed).occurred_at, at("2026-03-01T12:00:00Z"));
    let other =
        read_with("application/json", &attributes("zotregistry.image.updated", "2"), UPDATED, None).unwrap();
    assert_ne!(only(&parsed).key, only(&other).key);
}

#[test]
fn a_reference_may_be_a_digest() {
    let body = changed(UPDATED, "/reference", json!(digest('a')));
    let headers = attributes("zotregistry.image.updated", "1");
    let parsed = read_with("application/json", &headers, &body, None).unwrap();
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &[]);
}

#[test]
fn other_types_start_nothing() {
    for kind in
        ["zotregistry.image.deleted", "zotregistry.image.lint_failed", "zotregistry.repository.created"]
    {
        let parsed = read_with("application/json", &attributes(kind, "1"), UPDATED, None).unwrap();
        assert_eq!(
            ignored(&parsed),
            [("team/app", &*format!("the type '{kind}' is none that starts anything"))]
        );
    }
}

#[test]
fn another_prefix_of_the_types_is_read_when_the_format_is_named() {
    let headers = attributes("com.example.registry.image.updated", "1");
    let parsed = read_with("application/json", &headers, UPDATED, Some("zot")).unwrap();
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &["1.2"]);
}
