//! Schedules as users see them.

use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::Scene;
use crate::support::app::{self, Answer, TestApp, endpoint, request, with_json};

const POLICIES: &str = "/api/v1/projects/shop/policies";

impl Scene {
    /// The API, on the clock of the scene.
    fn api(&self) -> BoxEndpoint<'static, poem::Response> {
        endpoint(self.lab.store.clone(), CancellationToken::new())
    }
}

async fn post(api: &BoxEndpoint<'static, poem::Response>, path: &str, body: &Value) -> Answer {
    let answer = app::send(api, with_json(request(Method::POST, path), body)).await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer
}

async fn get(api: &BoxEndpoint<'static, poem::Response>, path: &str) -> Value {
    app::send(api, request(Method::GET, path)).await.json()
}

fn nightly(trigger: &Value) -> Value {
    json!({ "name": "nightly", "instances": ["edge"], "trigger": trigger })
}

#[tokio::test]
async fn a_policy_shows_its_schedule_in_words_and_the_next_five_times() {
    let scene = Scene::start().await;
    let api = scene.api();
    let trigger = json!({ "type": "schedule", "cron": "0 2 * * *", "time_zone": "Europe/Berlin" });

    let created = post(&api, POLICIES, &nightly(&trigger)).await.json();

    let schedule = json!({
        "in_words": "every day at 02:00 (Europe/Berlin)",
        "time_zone": "Europe/Berlin",
        "next": [
            "2026-03-02T01:00:00+00:00", "2026-03-03T01:00:00+00:00", "2026-03-04T01:00:00+00:00",
            "2026-03-05T01:00:00+00:00", "2026-03-06T01:00:00+00:00",
        ],
    });
    assert_eq!(created["schedule"], schedule);
    assert_eq!(created["trigger"]["missed"], "run");
}

#[tokio::test]
async fn an_execution_shows_the_time_that_it_was_started_for() {
    let scene = Scene::start().await;
    let api = scene.api();
    post(&api, POLICIES, &nightly(&json!({ "type": "schedule", "cron": "@hourly" }))).await;

    scene.fire_at("2026-03-01T13:00:05Z").await;

    let list = get(&api, "/api/v1/executions?trigger=schedule").await;
    assert_eq!(list[0]["scheduled_for"], "2026-03-01T13:00:00+00:00");
    assert_eq!((&list[0]["trigger"], list[0].get("event")), (&json!("schedule"), None));
}

#[tokio::test]
async fn a_run_by_hand_of_a_scheduled_policy_is_labelled_manual_and_moves_nothing() {
    let scene = Scene::start().await;
    let api = scene.api();
    post(&api, POLICIES, &nightly(&json!({ "type": "schedule", "cron": "@hourly" }))).await;
    let before = get(&api, &format!("{POLICIES}/nightly")).await;

    let run = post(&api, &format!("{POLICIES}/nightly/executions"), &json!({})).await.json();

    assert_eq!((&run["trigger"], run.get("scheduled_for")), (&json!("manual"), None));
    assert_eq!(get(&api, &format!("{POLICIES}/nightly")).await, before);
    scene.fire_at("2026-03-01T13:00:00Z").await;
    assert_eq!(get(&api, "/api/v1/executions?trigger=schedule").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_bad_schedule_is_refused_with_the_field_and_the_position() {
    let app = TestApp::start().await;
    app.furnish().await;
    let table = [
        (json!({ "cron": "0 25 * * *" }), "trigger.cron: ", "position 3"),
        (json!({ "cron": "5 0 2 * * *" }), "trigger.cron: ", "position 1"),
        (json!({ "cron": "0 0 31 2 *" }), "trigger.cron: ", "never"),
        (json!({ "cron": "0 2 * *" }), "trigger.cron: ", "fields"),
        (json!({ "cron": "0 2 * * FUN" }), "trigger.cron: ", "position 9"),
        (json!({ "cron": "0 2 * * *", "time_zone": "Mars/Olympus" }), "trigger.time_zone: ", "Mars/Olympus"),
    ];
    for (mut trigger, field, reason) in table {
        trigger["type"] = json!("schedule");
        let answer = app.post(POLICIES, &nightly(&trigger)).await;
        assert_eq!(answer.status, 400, "{trigger}: {}", answer.text);
        let complaints = answer.complaints();
        assert!(complaints.starts_with(field) && complaints.contains(reason), "{trigger}: {complaints}");
    }
    assert_eq!(app.rows("policies").await, 0);
}
