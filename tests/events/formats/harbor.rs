//! Harbor, in both forms.

use forewarm_domain::event::EventKind;
use serde_json::json;

use super::{at, changed, digest, hints, ignored, is, only, read, try_read};

const PUSH: &str = include_str!("../../data/events/harbor-push.json");
const UNTAGGED: &str = include_str!("../../data/events/harbor-push-untagged.json");
const SCAN: &str = include_str!("../../data/events/harbor-scan.json");
const CLOUDEVENT: &str = include_str!("../../data/events/harbor-cloudevent.json");

#[test]
fn a_push_names_the_repository_in_full() {
    let parsed = read("application/json", PUSH);
    assert_eq!(parsed.format, "harbor");
    is(only(&parsed), EventKind::Push, "team/sub/app", Some(&digest('a')), &["1.2"]);
    assert_eq!(only(&parsed).occurred_at, at("2026-03-01T12:00:00Z"));
}

#[test]
fn an_untagged_push_has_its_digest_in_place_of_the_tag() {
    is(only(&read("application/json", UNTAGGED)), EventKind::Push, "team/app", Some(&digest('a')), &[]);
}

#[test]
fn a_scan_for_vulnerabilities_counts_and_one_for_a_bill_of_materials_does_not() {
    let scanned = read("", SCAN);
    is(only(&scanned), EventKind::ScanCompleted, "team/app", Some(&digest('a')), &[]);
    let sbom = read("", &changed(SCAN, "/event_data/scan/scan_type", json!("sbom")));
    let reason = "the scan made a bill of materials, not a report of vulnerabilities";
    assert_eq!(ignored(&sbom), [("team/app:1.2", reason)]);
}

#[test]
fn a_scan_is_about_all_tags_of_an_artifact_and_not_the_one_that_harbor_names() {
    let other = read("", &changed(SCAN, "/event_data/resources/0/tag", json!("latest")));
    assert!(only(&other).tags.is_empty());
    let without_digest = read("", &changed(SCAN, "/event_data/resources/0/digest", json!("")));
    is(only(&without_digest), EventKind::ScanCompleted, "team/app", None, &["1.2"]);
}

#[test]
fn all_tags_of_an_event_count() {
    let resource = |tag: &str, letter| json!({ "digest": digest(letter), "tag": tag });
    let resources = json!([resource("1.2", 'a'), resource("latest", 'a'), resource("edge", 'b')]);
    let parsed = read("", &changed(PUSH, "/event_data/resources", resources));
    let hints = hints(&parsed);
    is(hints[0], EventKind::Push, "team/sub/app", Some(&digest('a')), &["1.2", "latest"]);
    is(hints[1], EventKind::Push, "team/sub/app", Some(&digest('b')), &["edge"]);
    assert_ne!(hints[0].key, hints[1].key);
}

#[test]
fn the_default_form_is_told_apart_by_type_digest_tag_and_time() {
    let key = |body: &str| only(&read("", body)).key.clone();
    let changes = [
        ("/type", json!("SCANNING_COMPLETED")),
        ("/event_data/resources/0/digest", json!(digest('d'))),
        ("/event_data/resources/0/tag", json!("1.3")),
        ("/occur_at", json!(1_772_366_401)),
    ];
    for (pointer, value) in changes {
        assert_ne!(key(PUSH), key(&changed(PUSH, pointer, value)), "{pointer}");
    }
    assert_eq!(key(PUSH), key(&changed(PUSH, "/operator", json!("somebody"))));
}

#[test]
fn the_cloudevents_form_is_told_apart_by_source_and_id() {
    let parsed = read("application/cloudevents+json", CLOUDEVENT);
    assert_eq!(parsed.format, "harbor");
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &["1.2"]);
    assert_eq!(only(&parsed).occurred_at, at("2026-03-01T12:00:00Z"));
    let key = |body: &str| only(&read("application/cloudevents+json", body)).key.clone();
    assert_eq!(key(CLOUDEVENT), key(&changed(CLOUDEVENT, "/time", json!("2026-03-01T13:00:00Z"))));
    assert_ne!(key(CLOUDEVENT), key(&changed(CLOUDEVENT, "/id", json!("x"))));
    assert_ne!(key(CLOUDEVENT), key(&changed(CLOUDEVENT, "/source", json!("/projects/3"))));
}

#[test]
fn other_types_of_either_form_start_nothing() {
    let defaults = [
        "PULL_ARTIFACT",
        "DELETE_ARTIFACT",
        "SCANNING_FAILED",
        "SCANNING_STOPPED",
        "REPLICATION",
        "QUOTA_EXCEED",
    ];
    for kind in defaults {
        let parsed = read("", &changed(PUSH, "/type", json!(kind)));
        let reason = format!("the type '{kind}' is none that starts anything");
        assert_eq!(ignored(&parsed), [("team/sub/app:1.2", &*reason)]);
    }
    for kind in ["harbor.artifact.pulled", "harbor.scan.failed", "harbor.replication.status.changed"] {
        let parsed = read("application/cloudevents+json", &changed(CLOUDEVENT, "/type", json!(kind)));
        assert!(hints(&parsed).is_empty(), "{kind}");
    }
}

#[test]
fn an_event_without_artifacts_starts_nothing() {
    for none in [json!([]), json!(null), json!("x")] {
        let parsed = read("", &changed(PUSH, "/event_data/resources", none));
        assert_eq!(ignored(&parsed), [("team/sub/app", "names no artifact")]);
    }
    let parsed = read("", &changed(PUSH, "/event_data/repository", json!(null)));
    assert_eq!(ignored(&parsed), [("", "names no repository")]);
}

#[test]
fn a_named_format_must_have_its_fields() {
    let error = try_read("application/json", r#"{"type":"PUSH_ARTIFACT"}"#, Some("harbor")).unwrap_err();
    assert_eq!(error.to_string(), "harbor: the body must have 'type' and 'event_data'");
}
