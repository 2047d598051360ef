//! Guessing passwords, and asking too much.

use std::num::NonZeroU32;

use forewarm_api::{ApiState, Gate, GateSettings};

use poem::{EndpointExt, http::Method};
use serde_json::json;

use super::get;
use crate::support::access::basic;
use crate::support::app::{self, Answer, TestApp, request};
use crate::support::outbound::outbound;

const ME: &str = "/api/v1/users/current";
const PASSWORD: &str = "a long enough password";

async fn app_with(settings: GateSettings) -> TestApp {
    let mut app = TestApp::start().await;
    let state = ApiState::new(app.store.clone(), outbound(), app.draining.clone());
    let state = ApiState { gate: Gate::new(settings), ..state };
    app.endpoint = forewarm_api::app(state).map_to_response().boxed();
    app
}

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.status, 429, "{}", answer.text);
    let seconds: u64 = answer.header("retry-after").parse().unwrap();
    assert!((1..=61).contains(&seconds), "{seconds}");
    assert_eq!(answer.json()["errors"][0]["code"], "TOO_MANY_REQUESTS");
}

#[tokio::test]
async fn a_name_that_failed_too_often_is_refused_even_with_the_right_password() {
    let app = app_with(GateSettings {
        failures_per_name: 3,
        failures_per_address: 1000,
        ..GateSettings::default()
    })
    .await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    for _ in 0..3 {
        assert_eq!(get(&app, &basic("ada", "wrong password"), ME).await.status, 401);
    }
    assert_refused(&get(&app, &basic("ada", PASSWORD), ME).await);
    // Others are not punished for it.
    assert_eq!(get(&app, &basic("bob", "wrong password"), ME).await.status, 401);
}

#[tokio::test]
async fn who_is_in_already_stays_in_while_others_guess_the_password() {
    let app = app_with(GateSettings {
        failures_per_name: 2,
        failures_per_address: 1000,
        ..GateSettings::default()
    })
    .await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    assert_eq!(get(&app, &basic("ada", PASSWORD), ME).await.status, 200);
    for _ in 0..3 {
        get(&app, &basic("ada", "wrong password"), ME).await;
    }
    assert_eq!(get(&app, &basic("ada", PASSWORD), ME).await.status, 200);
}

#[tokio::test]
async fn an_address_that_failed_too_often_is_refused_whatever_it_comes_with() {
    let app = app_with(GateSettings {
        failures_per_name: 1000,
        failures_per_address: 3,
        ..GateSettings::default()
    })
    .await;
    for n in 0..3 {
        assert_eq!(get(&app, &basic(&format!("user{n}"), "wrong password"), ME).await.status, 401);
    }
    assert_refused(&get(&app, &basic("another", "wrong password"), ME).await);
    assert_refused(&get(&app, "Bearer fwm_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", ME).await);
}

#[tokio::test]
async fn who_asks_too_much_is_told_when_to_come_back() {
    let settings = GateSettings { requests_per_second: NonZeroU32::new(1), ..GateSettings::default() };
    let app = app_with(settings).await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    // One a second, ten at once.
    let mut last = get(&app, &basic("ada", PASSWORD), ME).await;
    for _ in 0..12 {
        last = get(&app, &basic("ada", PASSWORD), ME).await;
    }
    assert_refused(&last);
    // Each caller is counted apart.
    assert_eq!(app.send(request(Method::GET, ME)).await.status, 200);
}

#[tokio::test]
async fn probes_are_never_refused() {
    let settings = GateSettings { requests_per_second: NonZeroU32::new(1), ..GateSettings::default() };
    let app = app_with(settings).await;
    for _ in 0..30 {
        assert_eq!(app::send(&app.endpoint, request(Method::GET, "/readyz")).await.status, 200);
    }
}

#[tokio::test]
async fn guessing_the_secret_of_a_sender_is_a_failed_login_too() {
    let settings = GateSettings { failures_per_address: 3, ..GateSettings::default() };
    let app = app_with(settings).await;
    let registry = json!({ "name": "origin", "url": "http://registry.test:5000", "event_secrets": ["a-secret-of-the-sender"] });
    app.create("/api/v1/registries", &registry).await;
    let send = async |secret: &str, registry: &str| {
        let path = format!("/api/v1/events/{registry}");
        super::by(&app, &format!("Bearer {secret}"), "POST", &path, Some(&json!({ "events": [] }))).await
    };
    assert_eq!(send("a-secret-of-the-sender", "origin").await.status, 202);
    for (secret, registry) in [("wrong", "origin"), ("a-secret-of-the-sender", "nowhere"), ("", "origin")] {
        assert_eq!(send(secret, registry).await.status, 401, "{secret} {registry}");
    }
    assert_refused(&send("a-secret-of-the-sender", "origin").await);
}
