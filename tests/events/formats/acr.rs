//! Azure Container Registry.

use forewarm_domain::event::EventKind;
use serde_json::json;

use super::{at, changed, digest, ignored, is, only, read, try_read};

const PUSH: &str = include_str!("../../data/events/acr-push.json");
const EVENT_GRID: &str = include_str!("../../data/events/acr-event-grid.json");

#[test]
fn a_push_is_a_hint() {
    let parsed = read("application/json", PUSH);
    assert_eq!(parsed.format, "acr");
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &["1.2"]);
    assert_eq!(only(&parsed).occurred_at, at("2026-03-01T12:00:00.343145347Z"));
}

#[test]
fn event_grid_wraps_the_same_event() {
    let parsed = read("application/cloudevents+json", EVENT_GRID);
    assert_eq!(parsed.format, "cloudevents");
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &["1.2"]);
}

#[test]
fn pings_deletes_charts_and_quarantine_start_nothing() {
    let ping = read("application/json", r#"{"id":"1","timestamp":"2026-03-01T12:00:00Z","action":"ping"}"#);
    assert_eq!(ignored(&ping), [("ping", "a test of the connection")]);
    for action in ["delete", "chart_push", "chart_delete", "quarantine"] {
        let parsed = read("application/json", &changed(PUSH, "/action", json!(action)));
        assert_eq!(ignored(&parsed), [("team/app:1.2", &*format!("the action '{action}' is no push"))]);
    }
    let chart = changed(PUSH, "/target/mediaType", json!("application/vnd.acr.helm.chart"));
    assert_eq!(ignored(&read("", &chart)).len(), 1);
}

#[test]
fn a_body_without_action_is_malformed() {
    let error = try_read("application/json", "{}", Some("acr")).unwrap_err().to_string();
    assert_eq!(error, "acr: the body has no text 'action'");
}
