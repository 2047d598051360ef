//! Policies in Harbor's form.

use serde_json::json;

use super::scene::{
    EVERYTHING, MANUAL, POLICIES, changed, instance_id, made, nightly, policy, read, refused, shop, with,
    without,
};

#[tokio::test]
async fn a_policy_is_made_read_changed_and_deleted_in_harbors_form() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;

    let path = made(&app, POLICIES, &policy("nightly", df)).await;

    assert_eq!(path, "/api/v2.0/projects/shop/preheat/policies/nightly");
    let seen = read(&app, &path).await;
    let at = seen["creation_time"].as_str().unwrap();
    assert_eq!((at.len(), &at[19..20], &at[23..]), ("2006-01-02T15:04:05.000Z".len(), ".", "Z"), "{at}");
    let expected = json!({
        "id": seen["id"].as_i64().unwrap(), "name": "nightly", "project_id": seen["project_id"].as_i64().unwrap(),
        "provider_id": df, "provider_name": "df", "filters": EVERYTHING, "trigger": MANUAL, "enabled": true,
        "creation_time": at, "update_time": at,
    });
    assert_eq!(seen, expected);
    assert_eq!(app.get("/api/v1/projects/shop/policies/nightly").await.json()["instances"], json!(["df"]));

    changed(&app, &path, &with(seen, json!({ "name": "daily", "description": "renamed" }))).await;

    refused(&app.get(&path).await, 404, "NOT_FOUND", "policy nightly not found");
    let path = format!("{POLICIES}/daily");
    assert_eq!(read(&app, &path).await["description"], "renamed");
    let gone = app.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (200, ""));
    refused(&app.delete(&path).await, 404, "NOT_FOUND", "policy daily not found");
}

#[tokio::test]
async fn texts_come_back_as_they_were_sent() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let texts = json!({
        "filters": r#"[ {"value": "{web,cart}", "type": "repository"}, {"type":"label","value":"{a, b}"} ]"#,
        "trigger": r#"{"trigger_setting": {"cron": ""}, "type": "event_based"}"#,
        "extra_attrs": r#"{"cluster_ids": [2, 1], "note": "ours", "scope": "all_peers"}"#,
    });
    let path = made(&app, POLICIES, &with(policy("nightly", df), texts.clone())).await;

    let seen = read(&app, &path).await;
    for field in ["filters", "trigger", "extra_attrs"] {
        assert_eq!(seen[field], texts[field], "{field}");
    }
    assert_eq!(seen["scope"], "all_peers");
    let native = app.get("/api/v1/projects/shop/policies/nightly").await.json();
    assert_eq!(native["filters"][1]["labels"], json!(["a", "b"]));
    assert_eq!(native["options"]["scheduler_cluster_ids"], json!([2, 1]));
}

#[tokio::test]
async fn a_new_schedule_is_written_as_harbor_writes_it_and_a_changed_one_as_it_was_sent() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let sent = r#"{"trigger_setting": {"cron": "0 8 * * * *"}, "type": "scheduled", "x": 1}"#;
    let path = made(&app, POLICIES, &with(policy("nightly", df), json!({ "trigger": sent }))).await;

    let seen = read(&app, &path).await;
    assert_eq!(seen["trigger"], r#"{"type":"scheduled","trigger_setting":{"cron":"0 8 * * * *"}}"#);
    changed(&app, &path, &with(seen, json!({ "trigger": sent }))).await;
    assert_eq!(read(&app, &path).await["trigger"], sent);
}

#[tokio::test]
async fn schedules_have_five_or_six_fields_and_may_begin_with_a_time_zone_but_no_other_second_than_0() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let scheduled = |cron: &str| json!({ "trigger": json!({ "type": "scheduled", "trigger_setting": { "cron": cron } }).to_string() });
    for (i, cron) in ["0 2 * * *", "0 0 2 * * *", "CRON_TZ=Asia/Tokyo 0 0 2 * * *"].iter().enumerate() {
        made(&app, POLICIES, &with(policy(&format!("p{i}"), df), scheduled(cron))).await;
    }
    let native = app.get("/api/v1/projects/shop/policies/p2").await.json();
    assert_eq!(native["schedule"]["time_zone"], "Asia/Tokyo");
    for cron in ["5 0 2 * * *", "* * * * * *", "0 0 0 * * * 2030", "0 60 0 * * *", "TZ=Nowhere/X 0 0 0 * * *"]
    {
        let answer = app.post(POLICIES, &with(policy("bad", df), scheduled(cron))).await;
        refused(&answer, 400, "BAD_REQUEST", "trigger: trigger_setting.cron");
    }
}

#[tokio::test]
async fn a_scope_of_its_own_as_in_harbor_2_12_is_the_one_in_extra_attrs() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let path = made(&app, POLICIES, &with(policy("nightly", df), json!({ "scope": "all_seed_peers" }))).await;

    let seen = read(&app, &path).await;

    assert_eq!(seen["scope"], "all_seed_peers");
    assert_eq!(seen["extra_attrs"], r#"{"scope":"all_seed_peers"}"#);
    let both = json!({ "scope": "all_peers", "extra_attrs": r#"{"scope":"single_seed_peer"}"# });
    let answer = app.post(POLICIES, &with(policy("both", df), both)).await;
    refused(&answer, 400, "BAD_REQUEST", "scope: says something else than extra_attrs");
    let answer = app.post(POLICIES, &with(policy("bad", df), json!({ "scope": "everybody" }))).await;
    refused(&answer, 400, "BAD_REQUEST", "scope: must be one of single_seed_peer");
}

#[tokio::test]
async fn a_name_is_taken_once_in_its_project() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let first = nightly(&app).await;
    made(&app, POLICIES, &policy("daily", df)).await;

    let answer = app.post(POLICIES, &policy("nightly", df)).await;
    refused(&answer, 409, "CONFLICT", "policy nightly already exists");
    let answer = app.put(&first, &policy("daily", df)).await;
    refused(&answer, 409, "CONFLICT", "policy daily already exists");
    let other = json!({ "name": "other", "registry": "origin", "namespace": "other" });
    app.create("/api/v1/projects", &other).await;
    made(&app, "/api/v2.0/projects/other/preheat/policies", &policy("nightly", df)).await;
}

#[tokio::test]
async fn an_instance_that_is_not_there_cannot_be_named() {
    let app = shop().await;
    let path = nightly(&app).await;
    for body in [policy("p", 4711), without(policy("p", 0), "provider_id")] {
        let answer = app.post(POLICIES, &body).await;
        refused(&answer, 404, "NOT_FOUND", "instance");
    }
    let answer = app.put(&path, &policy("nightly", 4711)).await;
    refused(&answer, 404, "NOT_FOUND", "instance 4711 not found");
}

#[tokio::test]
async fn the_path_names_the_policy_and_a_body_with_another_id_is_refused() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let path = nightly(&app).await;
    let other = made(&app, POLICIES, &policy("other", df)).await;
    let other_id = read(&app, &other).await["id"].clone();

    let answer = app.put(&path, &with(policy("nightly", df), json!({ "id": other_id }))).await;
    refused(&answer, 400, "BAD_REQUEST", "id: is ");
    for id in [json!({}), json!({ "id": 0 }), json!({ "id": null })] {
        changed(&app, &path, &with(policy("nightly", df), id)).await;
    }
}

#[tokio::test]
async fn times_in_a_body_change_nothing() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let zero =
        json!({ "creation_time": "0001-01-01T00:00:00.000Z", "update_time": "0001-01-01T00:00:00.000Z" });
    let path = made(&app, POLICIES, &with(policy("nightly", df), zero.clone())).await;
    let before = read(&app, &path).await["creation_time"].clone();
    assert!(before.as_str().unwrap().starts_with("20"), "{before}");

    changed(&app, &path, &policy("nightly", df)).await;
    changed(&app, &path, &with(policy("nightly", df), zero)).await;

    assert_eq!(read(&app, &path).await["creation_time"], before);
}

#[tokio::test]
async fn the_project_of_the_path_counts_whatever_the_body_says() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let path = made(&app, POLICIES, &with(policy("nightly", df), json!({ "project_id": 4711 }))).await;
    let project = read(&app, "/api/v2.0/projects/shop").await["project_id"].clone();
    assert_eq!(read(&app, &path).await["project_id"], project);
}
