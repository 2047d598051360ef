//! Passwords and tokens, as they come in the header.

use serde_json::json;

use super::{by, get};
use crate::support::access::{ADMIN_TOKEN, basic};
use crate::support::app::TestApp;

const ME: &str = "/api/v1/users/current";
const PASSWORD: &str = "a long enough password";

async fn with_user() -> TestApp {
    let app = TestApp::start().await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    app
}

#[tokio::test]
async fn a_password_opens_by_basic() {
    let app = with_user().await;
    let me = get(&app, &basic("ada", PASSWORD), ME).await;
    assert_eq!(me.status, 200);
    assert_eq!(me.json()["name"], "ada");
    assert_eq!(me.json()["came_with"], "password");
}

#[tokio::test]
async fn a_token_opens_as_bearer_and_as_the_password_of_basic() {
    let app = TestApp::start().await;
    for header in
        [format!("Bearer {ADMIN_TOKEN}"), format!("bearer {ADMIN_TOKEN}"), basic("anything", ADMIN_TOKEN)]
    {
        let me = get(&app, &header, ME).await;
        assert_eq!(me.status, 200, "{header}");
        assert_eq!(me.json()["token"], "tests");
    }
}

#[tokio::test]
async fn nothing_wrong_opens_and_the_answer_does_not_say_what_was_wrong() {
    let app = with_user().await;
    let none = get(&app, &basic("nobody", PASSWORD), ME).await;
    for header in [
        basic("ada", "a wrong password at least"),
        basic("ada", ""),
        basic("a\0da", PASSWORD),
        "Basic !!!".to_owned(),
        "Basic".to_owned(),
        "Digest x".to_owned(),
        "Bearer fwm_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        "Bearer fwm_short".to_owned(),
        "Bearer a.b.c".to_owned(),
        format!("Token {ADMIN_TOKEN}"),
    ] {
        let answer = get(&app, &header, ME).await;
        assert_eq!(answer.status, 401, "{header}");
        assert_eq!(answer.complaints(), none.complaints(), "{header}");
        assert!(answer.header("www-authenticate").starts_with("Basic realm="), "{header}");
        assert!(answer.header("www-authenticate").contains("Bearer"), "{header}");
    }
}

#[tokio::test]
async fn a_stranger_is_turned_away_before_the_request_is_looked_at() {
    let app = TestApp::start().await;
    let nonsense = json!({ "nonsense": true });
    for (method, path) in [
        ("POST", "/api/v1/registries"),
        ("PUT", "/api/v1/registries/no-such"),
        ("GET", "/api/v1/executions/not-a-number"),
        ("GET", "/api/v1/registries?page=-1"),
        ("POST", "/api/v1/projects/no-such/policies"),
    ] {
        let body = (method != "GET").then_some(&nonsense);
        assert_eq!(by(&app, "", method, path, body).await.status, 401, "{method} {path}");
    }
}

#[tokio::test]
async fn a_remembered_password_is_forgotten_when_the_user_changes() {
    let app = with_user().await;
    let header = basic("ada", PASSWORD);
    assert_eq!(get(&app, &header, ME).await.status, 200);
    let other = json!({ "name": "ada", "password": "quite another password" });
    assert_eq!(app.put("/api/v1/users/ada", &other).await.status, 200);
    assert_eq!(get(&app, &header, ME).await.status, 401);
    assert_eq!(get(&app, &basic("ada", "quite another password"), ME).await.status, 200);
}

#[tokio::test]
async fn a_disabled_user_is_out_at_once_with_password_and_token() {
    let app = with_user().await;
    let header = basic("ada", PASSWORD);
    let draft = json!({ "name": "ci", "role": "project_viewer" });
    let everywhere = json!([{ "role": "project_viewer" }]);
    let user = json!({ "name": "ada", "grants": everywhere });
    assert_eq!(app.put("/api/v1/users/ada", &user).await.status, 200);
    let made = by(&app, &header, "POST", "/api/v1/tokens", Some(&draft)).await.json();
    let token = format!("Bearer {}", made["secret"].as_str().unwrap());
    assert_eq!(get(&app, &token, ME).await.status, 200);
    let disabled = json!({ "name": "ada", "disabled": true });
    assert_eq!(app.put("/api/v1/users/ada", &disabled).await.status, 200);
    for header in [header, token] {
        assert_eq!(get(&app, &header, ME).await.status, 401);
    }
}

#[tokio::test]
async fn rights_taken_away_are_gone_with_the_next_request() {
    let app = with_user().await;
    app.furnish().await;
    let path = "/api/v1/projects/shop";
    let grants = json!({ "name": "ada", "grants": [{ "role": "project_viewer", "projects": ["shop"] }] });
    assert_eq!(get(&app, &basic("ada", PASSWORD), path).await.status, 404);
    assert_eq!(app.put("/api/v1/users/ada", &grants).await.status, 200);
    assert_eq!(get(&app, &basic("ada", PASSWORD), path).await.status, 200);
    assert_eq!(app.put("/api/v1/users/ada", &json!({ "name": "ada" })).await.status, 200);
    assert_eq!(get(&app, &basic("ada", PASSWORD), path).await.status, 404);
}

#[tokio::test]
async fn passwords_are_stored_as_argon2id_and_tokens_as_hashes() {
    let app = with_user().await;
    let hash: String = sqlx::query_scalar("SELECT password_hash FROM users WHERE name = 'ada'")
        .fetch_one(app.store.pool())
        .await
        .unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let made = app.create("/api/v1/tokens", &json!({ "name": "ci", "role": "project_viewer" })).await;
    let secret = made["secret"].as_str().unwrap();
    assert!(secret.starts_with("fwm_") && secret.len() == 47, "{secret}");
    let rows: Vec<String> = sqlx::query_scalar("SELECT row_to_json(t)::text FROM tokens t")
        .fetch_all(app.store.pool())
        .await
        .unwrap();
    assert!(rows.iter().all(|row| !row.contains(&secret[4..])));
}
