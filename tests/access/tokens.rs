//! API tokens: made, listed, revoked, and never more than their user.

use serde_json::{Value, json};

use super::{by, get};
use crate::support::access::basic;
use crate::support::app::{Answer, TestApp};

const PASSWORD: &str = "a long enough password";
const TOKENS: &str = "/api/v1/tokens";

/// `ada` administers `shop` and sees `lab`.
async fn with_ada() -> TestApp {
    let app = TestApp::start().await;
    app.furnish().await;
    app.create("/api/v1/projects", &json!({ "name": "lab", "registry": "origin", "namespace": "lab" })).await;
    app.create("/api/v1/projects", &json!({ "name": "hidden", "registry": "origin", "namespace": "hidden" }))
        .await;
    let grants = json!([
        { "role": "project_admin", "projects": ["shop"] },
        { "role": "project_viewer", "projects": ["lab"] },
    ]);
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD, "grants": grants })).await;
    app
}

async fn make(app: &TestApp, body: Value) -> Answer {
    by(app, &basic("ada", PASSWORD), "POST", TOKENS, Some(&body)).await
}

async fn bearer(app: &TestApp, body: Value) -> String {
    let made = make(app, body).await;
    assert_eq!(made.status, 201, "{}", made.text);
    format!("Bearer {}", made.json()["secret"].as_str().unwrap())
}

#[tokio::test]
async fn a_token_is_shown_once_and_then_only_described() {
    let app = with_ada().await;
    let made =
        make(&app, json!({ "name": "ci", "role": "project_admin", "projects": ["shop"] })).await.json();
    let id = made["token"]["id"].as_i64().unwrap();
    let shown = get(&app, &basic("ada", PASSWORD), &format!("{TOKENS}/{id}")).await;
    assert_eq!(shown.json(), made["token"]);
    assert_eq!(shown.json()["user"], "ada");
    assert_eq!(shown.json()["projects"], json!(["shop"]));
    assert!(!shown.text.contains("fwm_"));
    assert!(shown.json().get("last_used_at").is_none());
    let bearer = format!("Bearer {}", made["secret"].as_str().unwrap());
    assert_eq!(get(&app, &bearer, "/api/v1/projects/shop").await.status, 200);
    let used = get(&app, &basic("ada", PASSWORD), &format!("{TOKENS}/{id}")).await;
    assert!(used.json()["last_used_at"].is_string());
}

#[tokio::test]
async fn a_token_reaches_no_further_than_its_projects_and_its_user() {
    let app = with_ada().await;
    let narrow =
        bearer(&app, json!({ "name": "narrow", "role": "project_viewer", "projects": ["shop"] })).await;
    assert_eq!(get(&app, &narrow, "/api/v1/projects/shop").await.status, 200);
    assert_eq!(get(&app, &narrow, "/api/v1/projects/lab").await.status, 404);
    // A role without projects is the user's own, at most.
    let wide = bearer(&app, json!({ "name": "wide", "role": "project_admin" })).await;
    let policy = json!({ "name": "nightly", "filters": [], "instances": ["edge"] });
    for (project, status) in [("shop", 201), ("lab", 403), ("hidden", 404)] {
        let path = format!("/api/v1/projects/{project}/policies");
        assert_eq!(by(&app, &wide, "POST", &path, Some(&policy)).await.status, status, "{project}");
    }
    // What is taken from the user is taken from the token.
    assert_eq!(app.put("/api/v1/users/ada", &json!({ "name": "ada" })).await.status, 200);
    assert_eq!(get(&app, &wide, "/api/v1/projects/shop").await.status, 404);
}

#[tokio::test]
async fn nobody_hands_out_rights_that_they_do_not_have() {
    let app = with_ada().await;
    for (body, status) in [
        (json!({ "name": "t", "role": "system_admin" }), 403),
        (json!({ "name": "t", "role": "project_admin", "projects": ["lab"] }), 403),
        (json!({ "name": "t", "role": "project_viewer", "projects": ["hidden"] }), 404),
        (json!({ "name": "t", "role": "project_viewer", "projects": ["no-such"] }), 404),
        (json!({ "name": "t", "role": "project_viewer", "expires_at": "2001-01-01T00:00:00Z" }), 400),
        (json!({ "name": "t t", "role": "project_viewer" }), 400),
    ] {
        assert_eq!(make(&app, body.clone()).await.status, status, "{body}");
    }
}

#[tokio::test]
async fn a_token_that_leaked_can_neither_make_nor_revoke_tokens() {
    let app = with_ada().await;
    let leaked =
        bearer(&app, json!({ "name": "leaked", "role": "project_viewer", "projects": ["shop"] })).await;
    let wish = json!({ "name": "more", "role": "project_admin" });
    assert_eq!(by(&app, &leaked, "POST", TOKENS, Some(&wish)).await.status, 403);
    let own = get(&app, &leaked, TOKENS).await.json()[0]["id"].as_i64().unwrap();
    assert_eq!(by(&app, &leaked, "DELETE", &format!("{TOKENS}/{own}"), None).await.status, 403);
}

#[tokio::test]
async fn a_revoked_token_opens_nothing_and_one_of_another_does_not_exist() {
    let app = with_ada().await;
    let token = bearer(&app, json!({ "name": "ci", "role": "project_viewer" })).await;
    let id = get(&app, &token, TOKENS).await.json()[0]["id"].as_i64().unwrap();
    app.create("/api/v1/users", &json!({ "name": "bob", "password": PASSWORD })).await;
    let path = format!("{TOKENS}/{id}");
    let bob = basic("bob", PASSWORD);
    assert_eq!(get(&app, &bob, TOKENS).await.json(), json!([]));
    assert_eq!(get(&app, &bob, &path).await.status, 404);
    assert_eq!(by(&app, &bob, "DELETE", &path, None).await.status, 404);
    assert_eq!(by(&app, &basic("ada", PASSWORD), "DELETE", &path, None).await.status, 204);
    assert_eq!(get(&app, &token, TOKENS).await.status, 401);
}

#[tokio::test]
async fn two_tokens_of_one_user_have_two_names() {
    let app = with_ada().await;
    assert_eq!(make(&app, json!({ "name": "ci", "role": "project_viewer" })).await.status, 201);
    assert_eq!(make(&app, json!({ "name": "ci", "role": "project_viewer" })).await.status, 409);
    app.create(TOKENS, &json!({ "name": "ci", "role": "project_viewer" })).await;
}

#[tokio::test]
async fn a_token_of_deleted_projects_opens_none() {
    let app = with_ada().await;
    let token = bearer(&app, json!({ "name": "ci", "role": "project_viewer", "projects": ["lab"] })).await;
    assert_eq!(app.delete("/api/v1/projects/lab").await.status, 204);
    assert_eq!(get(&app, &token, "/api/v1/projects").await.json(), json!([]));
    assert_eq!(get(&app, &token, "/api/v1/projects/shop").await.status, 404);
}
