//! CloudEvents 1.0 of any producer.

use forewarm_domain::event::EventKind;
use serde_json::{Value, json};

use super::{at, digest, hints, ignored, is, only, read, read_with, try_read};

const BATCH: &str = include_str!("../../data/events/cloudevents-batch.json");

fn one() -> Value {
    let data = json!({ "repository": "team/app", "tag": "1.2" });
    json!({ "specversion": "1.0", "id": "1", "source": "/ci", "type": "x.pushed", "data": data })
}

#[test]
fn a_batch_holds_events_of_every_kind() {
    let parsed = read("application/cloudevents-batch+json; charset=utf-8", BATCH);
    assert_eq!(parsed.format, "cloudevents");
    let hints = hints(&parsed);
    let a = digest('a');
    is(hints[0], EventKind::Push, "team/app", Some(&a), &["1.2", "latest"]);
    assert_eq!(hints[0].occurred_at, at("2026-03-01T12:00:00Z"));
    is(hints[1], EventKind::ScanCompleted, "team/app", Some(&a), &[]);
    is(hints[2], EventKind::LabelAdded, "team/app", None, &["1.2"]);
    is(hints[3], EventKind::Signed, "team/app", Some(&a), &[]);
    assert_eq!(hints.len(), 4);
    let (about, reason) = ignored(&parsed)[0];
    assert_eq!(about, "team/app");
    assert!(reason.starts_with("the type 'com.example.unsigned' does not end in push"), "{reason}");
}

#[test]
fn the_end_of_the_type_says_what_happened() {
    let kinds = [
        ("push", EventKind::Push),
        ("com.example.image.updated", EventKind::Push),
        ("com.example.push.v2", EventKind::Push),
        ("ImagePushed", EventKind::Push),
        ("scan.completed", EventKind::ScanCompleted),
        ("example/ScanCompleted", EventKind::ScanCompleted),
        ("label-added", EventKind::LabelAdded),
        ("dev.example.signed", EventKind::Signed),
    ];
    for (kind, expected) in kinds {
        let mut event = one();
        event["type"] = json!(kind);
        assert_eq!(only(&read("application/cloudevents+json", &event.to_string())).kind, expected, "{kind}");
    }
    for kind in ["pushing", "completed", "image.unsigned", "v1", "...", "added"] {
        let mut event = one();
        event["type"] = json!(kind);
        assert!(hints(&read("application/cloudevents+json", &event.to_string())).is_empty(), "{kind}");
    }
}

#[test]
fn an_event_in_headers_has_its_data_in_the_body() {
    let headers = [("ce-specversion", "1.0"), ("ce-type", "x.pushed"), ("ce-source", "/ci"), ("ce-id", "1")];
    let body = one()["data"].to_string();
    let binary = read_with("application/json", &headers, &body, None).unwrap();
    let structured = read("application/cloudevents+json", &one().to_string());
    assert_eq!(binary, structured, "the mode makes no difference, not even to the key");
}

#[test]
fn an_event_is_recognised_without_its_content_type() {
    assert_eq!(read("application/json", &one().to_string()).format, "cloudevents");
    assert_eq!(read("application/json", &json!([one()]).to_string()).notices.len(), 1);
    assert_eq!(read("application/cloudevents-batch+json", "[]").notices, []);
}

#[test]
fn data_may_be_in_base64() {
    let mut event = one();
    event["data_base64"] = json!("eyJyZXBvc2l0b3J5IjoidGVhbS93ZWIiLCJ0YWciOiIxIn0=");
    is(only(&read("", &event.to_string())), EventKind::Push, "team/web", None, &["1"]);
    event["data_base64"] = json!("???");
    let error = try_read("", &event.to_string(), None).unwrap_err().to_string();
    assert_eq!(error, "cloudevents: 'data_base64' of the event is not JSON in base64");
}

#[test]
fn a_missing_attribute_is_malformed_and_named() {
    for attribute in ["id", "source", "type", "specversion"] {
        for bad in [json!(null), json!(""), json!(3)] {
            let mut event = one();
            event[attribute] = bad;
            let body = json!([one(), event]).to_string();
            let error = try_read("application/cloudevents-batch+json", &body, None).unwrap_err().to_string();
            assert_eq!(error, format!("cloudevents: event 1 of the batch has no attribute '{attribute}'"));
        }
    }
    let mut old = one();
    old["specversion"] = json!("0.3");
    let error = try_read("application/cloudevents+json", &old.to_string(), None).unwrap_err().to_string();
    assert_eq!(error, "cloudevents: the event has another 'specversion' than 1.0");
    let error = read_with("", &[("ce-type", "x.pushed")], "{}", None).unwrap_err().to_string();
    assert_eq!(error, "cloudevents: the event in the headers 'ce-…' has no attribute 'specversion'");
}

#[test]
fn data_that_names_nothing_starts_nothing() {
    let reason = |data: Value| {
        let mut event = one();
        event["data"] = data;
        let parsed = read("", &event.to_string());
        ignored(&parsed)[0].1.to_owned()
    };
    assert_eq!(reason(json!(null)), "names no repository");
    assert_eq!(reason(json!("text")), "names no repository");
    assert_eq!(reason(json!({ "repository": "team/app" })), "names neither a tag nor a digest");
    assert_eq!(
        reason(json!({ "repository": "Team App", "tag": "1" })),
        "the repository's name is not well-formed"
    );
    assert_eq!(reason(json!({ "repository": "a", "digest": "sha256:12" })), "the digest is not well-formed");
    assert_eq!(reason(json!({ "repository": "a", "tag": "../x" })), "the tag is not well-formed");
}
