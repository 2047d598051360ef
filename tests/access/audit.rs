//! The audit log: who did what, before and after.

use std::time::Duration;

use poem::http::{HeaderValue, Method};
use serde_json::{Value, json};

use super::{by, get};
use crate::support::access::basic;
use crate::support::app::{TestApp, request, with_json};

const AUDIT: &str = "/api/v1/audit";
const PASSWORD: &str = "a long enough password";

/// Newest first.
async fn entries(app: &TestApp, query: &str) -> Vec<Value> {
    let answer = app.get(&format!("{AUDIT}?page_size=100&{query}")).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json().as_array().unwrap().clone()
}

fn told(entries: &[Value]) -> Vec<String> {
    let word = |entry: &Value, key: &str| entry[key].as_str().unwrap_or("-").to_owned();
    let line = |entry: &Value| ["action", "object", "name"].map(|key| word(entry, key)).join(" ");
    entries.iter().map(line).collect()
}

#[tokio::test]
async fn every_change_is_told_with_its_object() {
    let app = TestApp::start().await;
    app.furnish().await;
    let policies = "/api/v1/projects/shop/policies";
    let policy = json!({ "name": "nightly", "filters": [], "instances": ["edge"] });
    app.create(policies, &policy).await;
    let renamed = json!({ "name": "daily", "filters": [], "instances": ["dragonfly"] });
    assert_eq!(app.put(&format!("{policies}/nightly"), &renamed).await.status, 200);
    let execution = app.create(&format!("{policies}/daily/executions"), &Value::Null).await;
    let id = execution["id"].as_i64().unwrap();
    assert_eq!(app.act(&format!("/api/v1/executions/{id}/stop")).await.status, 200);
    assert_eq!(app.act(&format!("/api/v1/executions/{id}/retry")).await.status, 200);
    assert_eq!(app.act(&format!("/api/v1/executions/{id}/stop")).await.status, 200);
    assert_eq!(app.delete(&format!("{policies}/daily")).await.status, 204);
    assert_eq!(app.delete("/api/v1/projects/shop").await.status, 204);
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    let made = app.create("/api/v1/tokens", &json!({ "name": "ci", "role": "project_viewer" })).await;
    assert_eq!(app.delete(&format!("/api/v1/tokens/{}", made["token"]["id"])).await.status, 204);
    assert_eq!(
        told(&entries(&app, "").await),
        [
            "delete token ci",
            "create token ci",
            "create user ada",
            "delete project shop",
            "delete policy daily",
            "stop execution -",
            "retry execution -",
            "stop execution -",
            "start execution -",
            "update policy daily",
            "create policy nightly",
            "create project shop",
            "create instance dragonfly",
            "create instance edge",
            "create registry origin",
        ]
    );
}

#[tokio::test]
async fn an_entry_tells_who_from_which_request_and_what_it_was_and_became() {
    let app = TestApp::start().await;
    app.furnish().await;
    let grants = json!([{ "role": "project_admin", "projects": ["shop"] }]);
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD, "grants": grants })).await;
    let me = basic("ada", PASSWORD);
    let policies = "/api/v1/projects/shop/policies";
    let policy = json!({ "name": "nightly", "filters": [], "instances": ["edge"] });
    assert_eq!(by(&app, &me, "POST", policies, Some(&policy)).await.status, 201);
    let changed = json!({ "name": "nightly", "filters": [], "instances": ["dragonfly"], "enabled": false });
    let mut asked = with_json(request(Method::PUT, &format!("{policies}/nightly")), &changed);
    asked.headers_mut().insert("authorization", HeaderValue::from_str(&me).unwrap());
    asked.headers_mut().insert("x-request-id", HeaderValue::from_static("the-change"));
    assert_eq!(app.send(asked).await.status, 200);
    let [entry] = &entries(&app, "request_id=the-change").await[..] else { panic!("one entry") };
    assert_eq!(entry["actor"], "ada");
    assert_eq!(entry["actor_kind"], "user");
    assert_eq!(entry["project"], "shop");
    assert_eq!(entry["before"]["instances"], json!(["edge"]));
    assert_eq!(entry["after"]["instances"], json!(["dragonfly"]));
    assert_eq!((&entry["before"]["enabled"], &entry["after"]["enabled"]), (&json!(true), &json!(false)));
}

#[tokio::test]
async fn secrets_are_starred() {
    let app = TestApp::start().await;
    let registry = json!({
        "name": "origin", "url": "http://registry.test:5000", "event_secrets": ["hidden-event-secret"],
        "auth": { "mode": "basic", "username": "robot", "secret": "hidden-password" },
    });
    app.create("/api/v1/registries", &registry).await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": "hidden-password-of-ada" })).await;
    let text = app.get(AUDIT).await.text;
    assert!(!text.contains("hidden") && !text.contains("$argon2id"), "{text}");
    let [entry] = &entries(&app, "object=registry").await[..] else { panic!("one entry") };
    assert_eq!(entry["after"]["auth_secret"], "***");
    assert_eq!(entry["after"]["event_secrets"], json!(["***"]));
    assert_eq!(entry["after"]["auth_username"], "robot");
    // The columns hold ciphertext; that is nobody's business either.
    let stored: String =
        sqlx::query_scalar("SELECT auth_secret FROM registries").fetch_one(app.store.pool()).await.unwrap();
    assert!(!text.contains(&stored));
}

#[tokio::test]
async fn what_was_refused_and_what_happens_by_itself_is_not_told() {
    let app = TestApp::start().await;
    app.furnish().await;
    let before = entries(&app, "").await.len();
    let registry = json!({ "name": "origin", "url": "http://elsewhere.test:5000" });
    assert_eq!(app.post("/api/v1/registries", &registry).await.status, 409);
    assert_eq!(app.delete("/api/v1/registries/origin").await.status, 409);
    assert_eq!(app.delete("/api/v1/projects/none").await.status, 404);
    assert_eq!(app.put("/api/v1/users/root", &json!({ "name": "root" })).await.status, 409);
    assert_eq!(entries(&app, "").await.len(), before);
    // As a schedule starts one.
    app.store.users().set_password("root", &forewarm_domain::Secret::new(PASSWORD)).await.unwrap();
    assert_eq!(entries(&app, "").await.len(), before);
}

#[tokio::test]
async fn it_is_filtered_by_who_what_and_when() {
    let app = TestApp::start().await;
    app.furnish().await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    assert_eq!(told(&entries(&app, "object=instance&name=edge").await), ["create instance edge"]);
    assert_eq!(told(&entries(&app, "object=user&action=create").await), ["create user ada"]);
    assert_eq!(entries(&app, "actor=root").await.len(), 5);
    assert_eq!(entries(&app, "actor=ada").await.len(), 0);
    assert_eq!(entries(&app, "project=shop").await.len(), 0);
    assert_eq!(entries(&app, "since=2999-01-01T00:00:00Z").await.len(), 0);
    assert_eq!(entries(&app, "until=2999-01-01T00:00:00Z").await.len(), 5);
    let page = app.get(&format!("{AUDIT}?page=2&page_size=2")).await;
    assert_eq!(page.header("x-total-count"), "5");
    assert_eq!(page.json().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn nobody_changes_or_deletes_entries_but_they_grow_old() {
    let app = TestApp::start().await;
    app.furnish().await;
    for statement in ["UPDATE audit SET actor = 'somebody else'", "DELETE FROM audit", "TRUNCATE audit"] {
        let refused = sqlx::query(statement).execute(app.store.pool()).await.unwrap_err();
        assert!(refused.to_string().contains("the audit log is append-only"), "{statement}: {refused}");
    }
    assert_eq!(app.store.audit().prune(Duration::from_secs(3600)).await.unwrap(), 0);
    assert_eq!(app.store.audit().prune(Duration::ZERO).await.unwrap(), 4);
    assert_eq!(app.rows("audit").await, 0);
}

#[tokio::test]
async fn only_system_administrators_read_it() {
    let app = TestApp::start().await;
    let grants = json!([{ "role": "project_admin" }]);
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD, "grants": grants })).await;
    assert_eq!(get(&app, &basic("ada", PASSWORD), AUDIT).await.status, 403);
}
