//! Quay.

use std::time::Duration;

use forewarm_domain::event::EventKind;

use super::{ignored, is, only, read, try_read};

const PUSH: &str = include_str!("../../data/events/quay-push.json");
const MAP: &str = include_str!("../../data/events/quay-push-map.json");

#[test]
fn a_push_names_all_tags_and_no_digest() {
    let parsed = read("application/json", PUSH);
    assert_eq!(parsed.format, "quay");
    is(only(&parsed), EventKind::Push, "team/app", None, &["1.2", "latest"]);
    is(only(&read("", MAP)), EventKind::Push, "team/app", None, &["latest"]);
}

#[test]
fn the_next_push_looks_the_same_so_a_key_lasts_only_moments() {
    assert_eq!(only(&read("", PUSH)).key.window, Duration::from_secs(10));
    assert_eq!(only(&read("", PUSH)).key, only(&read("", PUSH)).key);
    assert_ne!(only(&read("", PUSH)).key, only(&read("", MAP)).key);
}

#[test]
fn other_notifications_start_nothing() {
    let build = r#"{"build_id":"1","repository":"team/app","docker_url":"quay.example/team/app","docker_tags":["1"]}"#;
    let reason = "no 'updated_tags': this is not Quay's event 'push to repository'";
    assert_eq!(ignored(&read("", build)), [("team/app", reason)]);
    let empty = r#"{"repository":"team/app","updated_tags":[]}"#;
    assert_eq!(ignored(&read("", empty)), [("team/app", "names neither a tag nor a digest")]);
}

#[test]
fn a_body_without_repository_is_malformed() {
    let error = try_read("", r#"{"updated_tags":["1"]}"#, Some("quay")).unwrap_err().to_string();
    assert_eq!(error, "quay: the body has no text 'repository'");
}
