//! Amazon ECR, through EventBridge.

use forewarm_domain::event::EventKind;
use serde_json::json;

use super::{at, changed, digest, ignored, is, only, read, try_read};

const PUSH: &str = include_str!("../../data/events/ecr-push.json");
const SCAN: &str = include_str!("../../data/events/ecr-scan.json");

#[test]
fn a_push_that_succeeded_is_a_hint() {
    let parsed = read("application/json", PUSH);
    assert_eq!(parsed.format, "ecr");
    is(only(&parsed), EventKind::Push, "team/app", Some(&digest('a')), &["latest"]);
    assert_eq!(only(&parsed).occurred_at, at("2026-03-01T12:00:00Z"));
}

#[test]
fn a_scan_names_all_tags() {
    let tags = ["1.2", "latest"];
    is(only(&read("", SCAN)), EventKind::ScanCompleted, "team/app", Some(&digest('a')), &tags);
}

#[test]
fn a_repository_may_be_named_by_its_arn() {
    let arn = "arn:aws:ecr:us-west-2:123456789012:repository/team/app";
    let parsed = read("", &changed(SCAN, "/detail/repository-name", json!(arn)));
    assert_eq!(only(&parsed).repository, "team/app");
}

#[test]
fn failures_and_other_actions_start_nothing() {
    let reason = |body: String| ignored(&read("", &body))[0].1.to_owned();
    assert_eq!(reason(changed(PUSH, "/detail/result", json!("FAILURE"))), "the push failed");
    assert_eq!(
        reason(changed(PUSH, "/detail/action-type", json!("DELETE"))),
        "the action 'DELETE' is no push"
    );
    let failed = reason(changed(SCAN, "/detail/scan-status", json!("FAILED")));
    assert_eq!(failed, "the scan's status is 'FAILED', not COMPLETE");
    let cache = reason(changed(PUSH, "/detail-type", json!("ECR Pull Through Cache Action")));
    assert_eq!(cache, "'ECR Pull Through Cache Action' is none that starts anything");
}

#[test]
fn an_event_without_detail_is_malformed() {
    let error = try_read("", &changed(PUSH, "/detail", json!("x")), None).unwrap_err().to_string();
    assert_eq!(error, "ecr: the body must have 'detail-type' and 'detail'");
}
