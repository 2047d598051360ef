//! Tokens, sessions and the old routes.

use chrono::TimeDelta;
use forewarm_fake::dragonfly::{Generation, Knobs, TEST_TOKEN, Token, User};
use reqwest::Method;
use serde_json::json;

use super::target::Target;

async fn with_token(token: Token) -> Target {
    Target::fake(Knobs { tokens: vec![token], ..Knobs::default() }).await
}

#[tokio::test]
async fn a_token_is_refused_for_its_state_its_age_and_its_scope_in_this_order() {
    let past = Knobs::default().clock.now() - TimeDelta::seconds(1);
    let token = || Token::active(TEST_TOKEN);
    let scope = "Token doesn't have permission to access this resource. Required permission: job";
    for (token, text) in [
        (token().inactive().expires(past).scopes(&["cluster"]), "Token is inactive"),
        (token().expires(past).scopes(&["cluster"]), "Token has expired"),
        (token().scopes(&["cluster"]), scope),
    ] {
        let reply = with_token(token).await.get("/oapi/v1/jobs").await;
        assert_eq!(reply.status, 403);
        assert_eq!(reply.json()["message"], text);
    }
    assert_eq!(with_token(token().scopes(&[])).await.get("/oapi/v1/jobs").await.status, 200);
}

#[tokio::test]
async fn the_token_in_the_query_beats_the_header() {
    let target = Target::fake(Knobs::default()).await;
    let path = format!("/oapi/v1/jobs?access_token={TEST_TOKEN}");
    assert_eq!(target.send(Method::GET, &path, Some("nonsense"), None).await.status, 200);
    assert_eq!(target.get("/oapi/v1/jobs?access_token=nonsense").await.status, 401);
}

#[tokio::test]
async fn a_token_can_be_made_by_signing_in() {
    let target = Target::fake(Knobs::default()).await;
    let sign_in = |password: &str| json!({"name": "root", "password": password}).to_string();
    let path = "/api/v1/users/signin";
    let refused = target.send(Method::POST, path, None, Some(&sign_in("wrong"))).await;
    assert_eq!(refused.pair(), (401, r#"{"message":"Unauthorized"}"#));
    let session = target.send(Method::POST, path, None, Some(&sign_in("dragonfly"))).await.json();
    let jwt = session["token"].as_str();
    let wish = json!({"name": "e2e", "scopes": ["job"], "expired_at": "2030-01-01T00:00:00Z", "user_id": 1});
    let path = "/api/v1/personal-access-tokens";
    let made = target.send(Method::POST, path, jwt, Some(&wish.to_string())).await.json();
    let token = made["token"].as_str().unwrap();
    assert_eq!(token.len(), 48);
    assert_eq!(target.send(Method::GET, "/oapi/v1/jobs", Some(token), None).await.status, 200);
    assert_eq!(target.send(Method::GET, "/oapi/v1/clusters", Some(token), None).await.status, 403);
    assert_eq!(target.send(Method::GET, "/api/v1/jobs", jwt, None).await.status, 200);
}

#[tokio::test]
async fn a_guest_may_read_only() {
    let guest = User { guest: true, ..User::new(2, "guest", "visitor-1") };
    let target = Target::fake(Knobs { users: vec![guest], ..Knobs::default() }).await;
    let credentials = json!({"name": "guest", "password": "visitor-1"}).to_string();
    let session = target.send(Method::POST, "/api/v1/users/signin", None, Some(&credentials)).await.json();
    let jwt = session["token"].as_str();
    assert_eq!(target.send(Method::GET, "/api/v1/jobs", jwt, None).await.status, 200);
    let reply = target.send(Method::POST, "/api/v1/jobs", jwt, Some("{}")).await;
    assert_eq!(reply.pair(), (401, r#"{"message":"permission deny"}"#));
}

#[tokio::test]
async fn an_old_manager_knows_the_old_routes_alone() {
    let target = Target::fake(Knobs { generation: Generation::LegacyV1, ..Knobs::default() }).await;
    assert_eq!(target.get("/oapi/v1/jobs").await.status, 301);
    assert_eq!(target.send(Method::GET, "/_ping", None, None).await.status, 200);
    let body = json!({"type": "file", "url": "https://files.example.com/a"}).to_string();
    let created = target.send(Method::POST, "/preheats", None, Some(&body)).await;
    assert_eq!(created.pair(), (200, r#"{"id":"1"}"#));
    let read = async || target.send(Method::GET, "/preheats/1", None, None).await.json();
    assert_eq!(read().await["status"], "WAITING");
    target.pass(30).await;
    assert_eq!(read().await["status"], "SUCCESS");
    assert_eq!(target.send(Method::GET, "/preheats/9", None, None).await.status, 500);
}
