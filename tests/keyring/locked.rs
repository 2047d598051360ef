//! Secrets whose key is missing: everything else goes on, and whoever needs them is told why it fails.

use forewarm_domain::status::Status;
use forewarm_store::Store;
use poem::http::{HeaderValue, Method};
use poem::{Body, Request};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::{Rings, Vault};
use crate::support::app::{Answer, TestApp, endpoint, request, send, with_json};
use crate::support::outbound::outbound;

/// A furnished API, and the same database through a process without its key.
struct Scene {
    app: TestApp,
    stranger: Store,
    key: String,
}

impl Scene {
    async fn set() -> Self {
        let app = TestApp::start().await;
        app.furnish().await;
        let auth = json!({ "mode": "basic", "username": "ann", "secret": "hidden-password" });
        let hub = json!({
            "name": "hub", "url": "http://127.0.0.1:1", "auth": auth, "event_secrets": ["hidden-secret-of-events"],
        });
        app.create("/api/v1/registries", &hub).await;
        let policy = json!({
            "name": "nightly", "instances": ["dragonfly"],
            "access": { "headers": { "X-Pass": "hidden-header" }, "username": "ann", "password": "hidden-password" },
        });
        app.create("/api/v1/projects/shop/policies", &policy).await;
        let key = app.store.keys().active_id().unwrap().to_owned();
        let stranger = app.store.clone().with_keys(Rings::draw().new_one());
        Self { app, stranger, key }
    }

    async fn ask(&self, request: Request) -> Answer {
        send(&endpoint(self.stranger.clone(), CancellationToken::new()), request).await
    }

    async fn get(&self, path: &str) -> Value {
        let answer = self.ask(request(Method::GET, path)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.json()
    }

    async fn column(&self, table: &str, column: &str, name: &str) -> String {
        let query = format!("SELECT {column}::text FROM {table} WHERE name = '{name}'");
        sqlx::query_scalar(sqlx::AssertSqlSafe(query)).fetch_one(self.app.store.pool()).await.unwrap()
    }
}

#[tokio::test]
async fn lists_and_views_show_the_rows_all_the_same() {
    let scene = Scene::set().await;
    for path in ["/api/v1/registries", "/api/v1/instances", "/api/v1/projects/shop/policies"] {
        assert!(!scene.get(path).await.as_array().unwrap().is_empty());
    }
    let hub = scene.get("/api/v1/registries/hub").await;
    assert_eq!(hub["auth"], json!({ "mode": "basic", "username": "ann", "secret_set": true }));
    assert_eq!(hub["event_secrets_set"], 1);
    let policy = scene.get("/api/v1/projects/shop/policies/nightly").await;
    assert_eq!(
        policy["access"],
        json!({ "header_names": ["X-Pass"], "username": "ann", "password_set": true })
    );
}

#[tokio::test]
async fn a_ping_fails_with_the_reason_and_so_does_the_health() {
    let scene = Scene::set().await;
    for (path, table) in
        [("/api/v1/registries/hub", "registries"), ("/api/v1/instances/dragonfly", "instances")]
    {
        let ping = scene.ask(request(Method::POST, &format!("{path}/ping"))).await.json();
        assert_eq!(ping["healthy"], false);
        let reason = ping["reason"].as_str().unwrap();
        for part in [table, "auth_secret", &scene.key, "--key-file", "give the secret again"] {
            assert!(reason.contains(part), "{part}: {reason}");
        }
        assert_eq!(scene.get(path).await["health"]["reason"], ping["reason"]);
    }
}

#[tokio::test]
async fn an_edit_of_something_else_leaves_the_secrets_as_they_are() {
    let scene = Scene::set().await;
    let texts = async || {
        [
            scene.column("registries", "auth_secret", "hub").await,
            scene.column("registries", "event_secrets", "hub").await,
            scene.column("policies", "origin_access", "nightly").await,
        ]
    };
    let before = texts().await;
    let auth = json!({ "mode": "basic", "username": "ann" });
    for hub in [
        json!({ "name": "hub", "url": "http://127.0.0.1:1", "description": "x" }),
        json!({ "name": "hub", "url": "http://127.0.0.1:1", "auth": auth }),
    ] {
        let answer = scene.ask(with_json(request(Method::PUT, "/api/v1/registries/hub"), &hub)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    }
    let policy = json!({ "name": "nightly", "instances": ["dragonfly"], "description": "x" });
    let path = "/api/v1/projects/shop/policies/nightly";
    let answer = scene.ask(with_json(request(Method::PUT, path), &policy)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(texts().await, before);

    let hub = scene.app.store.registries().get("hub").await.unwrap().unwrap();
    assert_eq!(hub.auth.secret().unwrap().expose(), "hidden-password", "with its key it opens as before");
}

#[tokio::test]
async fn a_secret_given_again_is_good_again() {
    let scene = Scene::set().await;
    let auth = json!({ "mode": "basic", "username": "ann", "secret": "hidden-again" });
    let hub = json!({ "name": "hub", "url": "http://127.0.0.1:1", "auth": auth });
    scene.ask(with_json(request(Method::PUT, "/api/v1/registries/hub"), &hub)).await;
    let hub = scene.stranger.registries().get("hub").await.unwrap().unwrap();
    assert_eq!(hub.auth.secret().unwrap().expose(), "hidden-again");
}

#[tokio::test]
async fn a_sender_of_events_is_asked_to_come_back_and_an_empty_secret_opens_nothing() {
    let scene = Scene::set().await;
    for secret in ["hidden-secret-of-events", ""] {
        let mut delivery =
            Request::builder().method(Method::POST).uri_str("/api/v1/events/hub").body(Body::from("{}"));
        delivery.headers_mut().insert("x-forewarm-secret", HeaderValue::from_str(secret).unwrap());
        let answer = scene.ask(delivery).await;
        assert_eq!(answer.status, 503, "'{secret}': {}", answer.text);
        assert!(answer.complaints().contains("registry 'hub'"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_policy_whose_access_is_locked_leaves_an_execution_that_says_so() {
    let scene = Scene::set().await;
    let path = "/api/v1/projects/shop/policies/nightly/executions";
    let execution = scene.ask(request(Method::POST, path)).await;
    assert_eq!(execution.status, 201, "{}", execution.text);
    let execution = execution.json();
    assert_eq!(execution["status"], "error");
    let message = execution["message"].as_str().unwrap();
    assert!(message.contains("policies 1: origin_access") && message.contains(&scene.key), "{message}");
}

#[tokio::test]
async fn tasks_of_an_execution_whose_secrets_are_locked_fail_with_the_reason() {
    let vault = Vault::fill().await;
    let execution = vault.lab.execute_with(super::files(&vault.instance), super::access()).await;
    let stranger = vault.seen_with(Rings::draw().new_one());
    let worker =
        forewarm_worker::Worker::new(stranger.clone(), outbound(), forewarm_worker::Settings::default());
    vault.run("UPDATE apalis.jobs SET run_at = now() WHERE status = 'Pending'").await;
    for _ in 0..50 {
        worker.run_one().await;
    }
    let ended = stranger.executions().get(execution).await.unwrap().unwrap();
    assert_eq!(ended.status, Status::Error, "{ended:?}");
    assert!(ended.message.contains(&format!("executions {execution}: ")), "{}", ended.message);
}
