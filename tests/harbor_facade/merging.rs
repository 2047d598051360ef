//! An update through the facade does not lose what Harbor's form cannot say.

use serde_json::{Value, json};

use super::scene::{INSTANCES, POLICIES, changed, dragonfly, instance_id, made, read, shop, with, without};
use crate::support::app::TestApp;

const NATIVE: &str = "/api/v1/projects/shop/policies/rich";

/// A policy with everything that Harbor has no words for.
async fn rich(app: &TestApp) -> Value {
    made(app, INSTANCES, &dragonfly("df2")).await;
    let body = json!({
        "name": "rich", "instances": ["df", "df2"], "max_attempts": 9, "skip_if_warm": false,
        "filters": [
            { "type": "label", "labels": ["a,b", "c"] }, { "type": "vulnerability", "max_severity": "high" },
        ],
        "trigger": { "type": "schedule", "cron": "@daily", "time_zone": "Europe/Berlin", "missed": "skip" },
        "options": { "scope": "all_peers", "scheduler_cluster_ids": [3], "count": 2, "platforms": ["linux/arm64"] },
        "access": { "headers": { "X-Origin": "hidden-header" } },
    });
    app.create("/api/v1/projects/shop/policies", &body).await
}

#[tokio::test]
async fn a_put_of_exactly_what_get_gave_changes_nothing_but_the_time() {
    let app = shop().await;
    let before = rich(&app).await;
    let path = format!("{POLICIES}/rich");
    let seen = read(&app, &path).await;
    assert_eq!(seen["provider_name"], "df");
    assert_eq!(
        seen["trigger"],
        r#"{"type":"scheduled","trigger_setting":{"cron":"CRON_TZ=Europe/Berlin @daily"}}"#
    );
    assert_eq!(seen["extra_attrs"], r#"{"cluster_ids":[3],"scope":"all_peers"}"#);

    changed(&app, &path, &seen).await;

    let after = app.get(NATIVE).await.json();
    assert_ne!(after["updated_at"], before["updated_at"]);
    assert_eq!(without(after, "updated_at"), without(before, "updated_at"));
    assert_eq!(without(read(&app, &path).await, "update_time"), without(seen, "update_time"));
}

#[tokio::test]
async fn a_change_of_one_field_leaves_the_others_alone() {
    let app = shop().await;
    let before = rich(&app).await;
    let path = format!("{POLICIES}/rich");
    let seen = read(&app, &path).await;

    let trigger = r#"{"type":"scheduled","trigger_setting":{"cron":"0 0 3 * * *"}}"#;
    changed(&app, &path, &with(seen, json!({ "trigger": trigger }))).await;
    let after = app.get(NATIVE).await.json();
    assert_eq!(after["trigger"], json!({ "type": "schedule", "cron": "0 0 3 * * *", "missed": "skip" }));
    for field in ["filters", "options", "instances", "access", "max_attempts", "skip_if_warm"] {
        assert_eq!(after[field], before[field], "{field}");
    }

    let before = after;
    let filters = r#"[{"type":"tag","value":"v*"}]"#;
    let seen = read(&app, &path).await;
    changed(&app, &path, &with(seen, json!({ "filters": filters, "enabled": false }))).await;
    let after = app.get(NATIVE).await.json();
    assert_eq!(after["filters"], json!([{ "type": "tag", "pattern": "v*" }]));
    assert_eq!((&after["enabled"], &after["trigger"]), (&json!(false), &before["trigger"]));
    assert_eq!((&after["options"], &after["instances"]), (&before["options"], &before["instances"]));
}

#[tokio::test]
async fn another_provider_takes_the_place_of_all_instances() {
    let app = shop().await;
    rich(&app).await;
    let path = format!("{POLICIES}/rich");
    let df2 = instance_id(&app, "df2").await;

    let seen = read(&app, &path).await;
    changed(&app, &path, &with(seen, json!({ "provider_id": df2 }))).await;

    assert_eq!(app.get(NATIVE).await.json()["instances"], json!(["df2"]));
    assert_eq!(read(&app, &path).await["provider_name"], "df2");
}

#[tokio::test]
async fn a_client_that_knows_only_the_scope_keeps_the_clusters() {
    let app = shop().await;
    rich(&app).await;
    let path = format!("{POLICIES}/rich");
    let seen = without(read(&app, &path).await, "extra_attrs");

    changed(&app, &path, &with(seen.clone(), json!({ "scope": "all_seed_peers" }))).await;
    let options = app.get(NATIVE).await.json()["options"].clone();
    assert_eq!(
        (&options["scope"], &options["scheduler_cluster_ids"]),
        (&json!("all_seed_peers"), &json!([3]))
    );

    // One of before 2.12 knows neither.
    changed(&app, &path, &without(seen, "scope")).await;
    assert_eq!(app.get(NATIVE).await.json()["options"], options);
}

#[tokio::test]
async fn of_scope_and_extra_attrs_the_one_counts_that_says_something_new() {
    let app = shop().await;
    rich(&app).await;
    let path = format!("{POLICIES}/rich");
    let scope = async || app.get(NATIVE).await.json()["options"]["scope"].clone();

    let seen = read(&app, &path).await;
    changed(&app, &path, &with(seen, json!({ "scope": "all_seed_peers" }))).await;
    assert_eq!(scope().await, "all_seed_peers");

    let seen = read(&app, &path).await;
    changed(&app, &path, &with(seen, json!({ "extra_attrs": r#"{"scope":"all_peers","cluster_ids":[3]}"# })))
        .await;
    assert_eq!(scope().await, "all_peers");
}

#[tokio::test]
async fn which_events_a_policy_waits_for_stays_as_long_as_it_waits_for_events() {
    let app = shop().await;
    let body =
        json!({ "name": "rich", "instances": ["df"], "trigger": { "type": "event", "events": ["signed"] } });
    app.create("/api/v1/projects/shop/policies", &body).await;
    let path = format!("{POLICIES}/rich");
    let seen = read(&app, &path).await;
    assert_eq!(seen["trigger"], r#"{"type":"event_based","trigger_setting":{}}"#);

    let again =
        json!({ "trigger": r#"{"type":"event_based","trigger_setting":{"cron":""}}"#, "enabled": false });
    changed(&app, &path, &with(seen, again)).await;

    assert_eq!(app.get(NATIVE).await.json()["trigger"]["events"], json!(["signed"]));
}

#[tokio::test]
async fn a_policy_of_the_default_instance_goes_on_following_it() {
    let app = shop().await;
    made(&app, INSTANCES, &with(dragonfly("first"), json!({ "default": true }))).await;
    app.create("/api/v1/projects/shop/policies", &json!({ "name": "rich" })).await;
    let path = format!("{POLICIES}/rich");
    let seen = read(&app, &path).await;
    assert_eq!(seen["provider_name"], "first");
    assert_eq!(seen["filters"], r#"[{"type":"repository","value":"**"},{"type":"tag","value":"**"}]"#);

    changed(&app, &path, &with(seen, json!({ "description": "changed" }))).await;

    let native = app.get(NATIVE).await.json();
    assert_eq!((&native["instances"], &native["filters"]), (&json!([]), &json!([])));
    made(&app, INSTANCES, &with(dragonfly("second"), json!({ "default": true }))).await;
    assert_eq!(read(&app, &path).await["provider_name"], "second");
}

#[tokio::test]
async fn a_change_in_the_native_api_is_seen_through_the_texts_of_before() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let body = json!({
        "name": "rich", "provider_id": df, "filters": r#"[ {"type":"tag", "value":"v1"} ]"#,
        "trigger": r#"{ "type": "manual" }"#, "extra_attrs": r#"{ "scope": "all_peers", "note": "ours" }"#,
    });
    let path = made(&app, POLICIES, &body).await;
    let native = json!({
        "name": "rich", "instances": ["df"], "filters": [{ "type": "tag", "pattern": "v2" }],
        "trigger": { "type": "manual" }, "options": { "scope": "all_seed_peers" },
    });
    assert_eq!(app.put(NATIVE, &native).await.status, 200);

    let seen = read(&app, &path).await;

    assert_eq!(seen["filters"], r#"[{"type":"tag","value":"v2"}]"#);
    assert_eq!(seen["trigger"], r#"{ "type": "manual" }"#);
    assert_eq!(seen["extra_attrs"], r#"{"note":"ours","scope":"all_seed_peers"}"#);
}
