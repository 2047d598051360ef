//! Docker's registry.

use forewarm_domain::event::EventKind;
use forewarm_domain::hint::A_DAY;
use serde_json::json;

use super::{at, changed, digest, hints, ignored, is, only, read, try_read};

const TYPE: &str = "application/vnd.docker.distribution.events.v1+json";
const PUSH: &str = include_str!("../../data/events/distribution-push.json");
const OTHERS: &str = include_str!("../../data/events/distribution-others.json");
const SIGNATURE: &str = include_str!("../../data/events/distribution-signature.json");

#[test]
fn a_pushed_index_and_its_child_are_hints_and_its_layer_is_none() {
    let parsed = read(TYPE, PUSH);
    assert_eq!(parsed.format, "distribution");
    let hints = hints(&parsed);
    is(hints[0], EventKind::Push, "team/app", Some(&digest('b')), &[]);
    is(hints[1], EventKind::Push, "team/app", Some(&digest('a')), &["1.2"]);
    assert_eq!(hints[1].occurred_at, at("2026-03-01T12:00:00Z"));
    let layer = (
        &*format!("team/app@{}", digest('c')),
        "a push of application/octet-stream, which is no manifest of an image",
    );
    assert_eq!(ignored(&parsed), [layer]);
}

#[test]
fn the_senders_id_tells_events_apart_for_a_day() {
    let key = |body: &str| hints(&read(TYPE, body))[1].key.clone();
    assert_eq!(key(PUSH), key(&changed(PUSH, "/events/2/timestamp", json!("2026-03-01T13:00:00Z"))));
    assert_ne!(key(PUSH), key(&changed(PUSH, "/events/2/id", json!("another"))));
    assert_eq!(key(PUSH).window, A_DAY);
    assert_eq!(key(PUSH).text.len(), 64);
}

#[test]
fn pulls_deletes_mounts_and_layers_start_nothing() {
    let parsed = read(TYPE, OTHERS);
    assert!(hints(&parsed).is_empty());
    let reasons: Vec<&str> = ignored(&parsed).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        [
            "the action 'pull' is no push",
            "the action 'delete' is no push",
            "the action 'mount' is no push",
            "a push of application/vnd.oci.image.layer.v1.tar+gzip, which is no manifest of an image",
            "neither its media type nor a tag shows that a manifest was pushed",
        ]
    );
}

#[test]
fn a_push_of_a_signature_is_an_event_of_what_was_signed() {
    let parsed = read(TYPE, SIGNATURE);
    let hints = hints(&parsed);
    assert_eq!(hints.len(), 2, "the signature, and the list of what refers to the image");
    for hint in hints {
        is(hint, EventKind::Signed, "team/app", Some(&digest('c')), &[]);
    }
    let reasons: Vec<&str> = ignored(&parsed).into_iter().map(|(_, reason)| reason).collect();
    assert_eq!(
        reasons,
        ["the tag holds an attestation, no image", "the tag holds a bill of materials, no image"]
    );
}

#[test]
fn a_push_without_media_type_is_known_by_its_tag_or_address() {
    let body = |target| json!({ "events": [{ "id": "1", "action": "push", "target": target }] }).to_string();
    let tagged = body(json!({ "repository": "a", "tag": "v1" }));
    is(only(&read(TYPE, &tagged)), EventKind::Push, "a", None, &["v1"]);
    let url = format!("http://reg/v2/a/manifests/{}", digest('a'));
    let untagged = body(json!({ "repository": "a", "digest": digest('a'), "url": url }));
    is(only(&read(TYPE, &untagged)), EventKind::Push, "a", Some(&digest('a')), &[]);
}

#[test]
fn an_envelope_is_recognised_by_its_shape_and_may_be_empty() {
    assert_eq!(read("application/json", PUSH).format, "distribution");
    assert_eq!(read("", r#"{"events":[]}"#).notices, []);
}

#[test]
fn an_envelope_without_events_is_malformed() {
    for body in [r#"{"events":null}"#, r#"{"events":{}}"#, "{}", "[]", "3"] {
        let error = try_read(TYPE, body, None).unwrap_err().to_string();
        assert_eq!(error, "distribution: the body has no list 'events'", "{body}");
    }
    let error = try_read(TYPE, r#"{"events":[{}, 7]}"#, None).unwrap_err().to_string();
    assert_eq!(error, "distribution: events[1] is not an object");
}

#[test]
fn an_empty_event_starts_nothing() {
    let parsed = read(TYPE, r#"{"events":[{}]}"#);
    assert_eq!(ignored(&parsed), [("no repository", "the action '' is no push")]);
}
