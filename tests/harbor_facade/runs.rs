//! Executions, tasks and logs in Harbor's form.

use serde_json::{Value, json};

use super::scene::{
    INSTANCES, POLICIES, changed, instance_id, made, nightly, patch, policy, read, refused, shop, with,
    without,
};
use crate::api_runs::{expand, failed, step};
use crate::support::app::TestApp;
use forewarm_domain::task::Proof;
use forewarm_store::tasks::{Stage, Step};

/// Runs a policy and returns the path of the execution in the API.
async fn run(app: &TestApp, policy: &str) -> String {
    let at = made(app, policy, &json!({})).await;
    format!("/api/v2.0{at}")
}

fn warmed() -> Step {
    Step::AlreadyWarm { proof: Proof::Reported, message: "warm".to_owned() }
}

fn id_of(execution: &str) -> i64 {
    execution.rsplit('/').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_run_is_told_by_a_path_without_the_api_and_labelled_manual_whatever_the_trigger_is() {
    let app = shop().await;
    let path = nightly(&app).await;
    let scheduled = r#"{"type":"scheduled","trigger_setting":{"cron":"0 0 3 * * *"}}"#;
    let seen = read(&app, &path).await;
    changed(&app, &path, &with(seen.clone(), json!({ "trigger": scheduled }))).await;

    let at = made(&app, &path, &seen).await;

    let execution = read(&app, &format!("/api/v2.0{at}")).await;
    let id = execution["id"].as_i64().unwrap();
    assert_eq!(at, format!("/projects/shop/preheat/policies/nightly/executions/{id}"));
    let start = execution["start_time"].as_str().unwrap();
    assert_eq!((start.len(), start.ends_with('Z')), ("2006-01-02T15:04:05Z".len(), true), "{start}");
    let expected = json!({
        "id": id, "vendor_type": "P2P_PREHEAT", "vendor_id": seen["id"], "status": "Running", "metrics": {},
        "trigger": "manual", "extra_attrs": { "totalCount": 0, "trigger": "manual", "triggerSetting": "-" },
        "start_time": start, "end_time": "0001-01-01T00:00:00Z",
    });
    assert_eq!(execution, expected);
    assert_eq!(app.get(&format!("/api/v1/executions/{id}")).await.json()["trigger"], "manual");
}

#[tokio::test]
async fn the_body_of_a_run_means_nothing_but_must_be_there() {
    let app = shop().await;
    let path = nightly(&app).await;
    let bare = app.act(&path).await;
    refused(&bare, 422, "UNPROCESSABLE_ENTITY", "validation failure list:\nbody: must be JSON");
    let wrong = app.post(&path, &json!({ "id": "nine" })).await;
    refused(&wrong, 422, "UNPROCESSABLE_ENTITY", "id: must be a whole number");
    assert_eq!(app.rows("executions").await, 0);
    run(&app, &path).await;
}

#[tokio::test]
async fn a_disabled_policy_and_one_without_an_enabled_instance_do_not_run() {
    let app = shop().await;
    let path = nightly(&app).await;
    let seen = read(&app, &path).await;

    changed(&app, &path, &with(seen.clone(), json!({ "enabled": false }))).await;
    refused(&app.post(&path, &json!({})).await, 412, "PRECONDITION", "policy 'nightly' is disabled");

    changed(&app, &path, &seen).await;
    let mut native = app.get("/api/v1/instances/df").await.json();
    native["enabled"] = json!(false);
    native.as_object_mut().unwrap().remove("auth");
    assert_eq!(app.put("/api/v1/instances/df", &native).await.status, 200);
    refused(&app.post(&path, &json!({})).await, 412, "PRECONDITION", "has no enabled instance");
    assert_eq!(app.rows("executions").await, 0);
    let missing = app.post(&format!("{POLICIES}/none"), &json!({})).await;
    refused(&missing, 404, "NOT_FOUND", "policy none not found");
}

#[tokio::test]
async fn a_run_to_an_engine_that_is_away_is_made_all_the_same() {
    let app = shop().await;
    let path = nightly(&app).await;
    let ping = app.post(&format!("{INSTANCES}/ping"), &json!({ "id": instance_id(&app, "df").await })).await;
    assert_eq!(ping.status, 400, "nobody is there");
    assert_eq!(read(&app, &run(&app, &path).await).await["status"], "Running");
}

#[tokio::test]
async fn tasks_are_counted_listed_and_worded_as_harbor_does() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;
    let tasks = expand(&app, id_of(&execution), &["v1", "v2", "v3"]).await;
    step(&app, tasks[0], Stage::Submit, warmed(), &["asked the engine"]).await;
    step(&app, tasks[1], Stage::Submit, failed("the engine said no"), &["asked the engine"]).await;

    let seen = read(&app, &execution).await;
    let metrics = json!({
        "task_count": 3, "success_task_count": 1, "error_task_count": 1, "pending_task_count": 1,
    });
    assert_eq!((&seen["metrics"], &seen["extra_attrs"]["totalCount"]), (&metrics, &json!(3)));
    assert_eq!(seen["status"], "Running");

    let listed = read(&app, &format!("{execution}/tasks?sort=id")).await;
    let words: Vec<&Value> = listed.as_array().unwrap().iter().map(|task| &task["status"]).collect();
    assert_eq!(words, ["Success", "Error", "Pending"]);
    let failed = &listed[1];
    assert_eq!((&failed["status_message"], &failed["run_count"]), (&json!("the engine said no"), &json!(1)));
    let attrs = &failed["extra_attrs"];
    assert_eq!((&attrs["artifact"], &attrs["kind"]), (&json!("shop/web:v2"), &json!("image")));
    assert!(attrs["digest"].as_str().unwrap().starts_with("sha256:"));
    assert_eq!((&attrs["instance"], &attrs["platform"]), (&json!("edge"), &json!("linux/amd64")));
    assert_eq!(listed[2]["start_time"], "0001-01-01T00:00:00Z");
    assert!(listed[2].get("run_count").is_none());
}

#[tokio::test]
async fn the_end_is_told_at_once() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;
    let tasks = expand(&app, id_of(&execution), &["v1"]).await;

    step(&app, tasks[0], Stage::Submit, warmed(), &[]).await;

    let seen = read(&app, &execution).await;
    assert_eq!(
        (&seen["status"], &seen["metrics"]),
        (&json!("Success"), &json!({ "task_count": 1, "success_task_count": 1 }))
    );
    assert!(seen["end_time"].as_str().unwrap().starts_with("20"));
}

#[tokio::test]
async fn a_run_that_finds_nothing_is_a_success_in_harbors_words_and_ours() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;
    expand(&app, id_of(&execution), &[]).await;

    let seen = read(&app, &execution).await;

    assert_eq!((&seen["status"], &seen["metrics"]), (&json!("Success"), &json!({})));
    assert_eq!(seen["status_message"], "no artifacts to preheat: all found");
}

#[tokio::test]
async fn a_log_has_harbors_lines_and_without_one_there_is_nothing() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;
    let tasks = expand(&app, id_of(&execution), &["v1", "v2"]).await;
    step(&app, tasks[0], Stage::Submit, failed("no"), &["asked the engine"]).await;

    let log = app.get(&format!("{execution}/tasks/{}/logs", tasks[0])).await;

    assert_eq!((log.status, log.header("content-type")), (200, "text/plain; charset=utf-8"));
    let first = log.text.lines().next().unwrap();
    assert_eq!(&first[20..], " [INFO] [attempt 1]: asked the engine");
    chrono::DateTime::parse_from_rfc3339(&first[..20]).unwrap();
    let none = app.get(&format!("{execution}/tasks/{}/logs", tasks[1])).await;
    refused(&none, 404, "NOT_FOUND", "log of task");
    let missing = app.get(&format!("{execution}/tasks/4711/logs")).await;
    refused(&missing, 404, "NOT_FOUND", "task 4711 not found");
}

#[tokio::test]
async fn a_stop_ends_what_is_open_and_a_second_one_changes_nothing() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;
    expand(&app, id_of(&execution), &["v1", "v2"]).await;
    let mut whole = read(&app, &execution).await;
    whole["status"] = json!("Stopped");

    let stopped = app.send(patch(&execution, &whole)).await;

    assert_eq!((stopped.status, stopped.text.as_str()), (200, ""));
    let seen = read(&app, &execution).await;
    assert_eq!((&seen["status"], &seen["metrics"]["stopped_task_count"]), (&json!("Stopped"), &json!(2)));
    assert_eq!(app.send(patch(&execution, &json!({ "status": "Stopped" }))).await.status, 200);
    assert_eq!(read(&app, &execution).await, seen);
}

#[tokio::test]
async fn no_other_status_than_stopped_can_be_asked_for() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;
    for body in
        [json!({}), json!({ "status": "Running" }), json!({ "status": "stopped" }), json!({ "status": null })]
    {
        let answer = app.send(patch(&execution, &body)).await;
        refused(&answer, 400, "BAD_REQUEST", "status: must be 'Stopped'");
    }
    assert_eq!(read(&app, &execution).await["status"], "Running");
}

#[tokio::test]
async fn a_policy_with_an_unfinished_execution_cannot_be_deleted() {
    let app = shop().await;
    let path = nightly(&app).await;
    let execution = run(&app, &path).await;

    let refusal = app.delete(&path).await;
    refused(&refusal, 412, "PRECONDITION", "policy [nightly] cannot be deleted: it is in use by execution");

    app.send(patch(&execution, &json!({ "status": "Stopped" }))).await;
    assert_eq!(app.delete(&path).await.status, 200);
}

#[tokio::test]
async fn an_execution_of_another_policy_is_not_found() {
    let app = shop().await;
    let path = nightly(&app).await;
    let other = made(&app, POLICIES, &policy("other", instance_id(&app, "df").await)).await;
    let execution = run(&app, &path).await;
    let id = id_of(&execution);
    let tasks = expand(&app, id, &["v1"]).await;

    let astray = format!("{other}/executions/{id}");
    for path in [astray.clone(), format!("{astray}/tasks"), format!("{astray}/tasks/{}/logs", tasks[0])] {
        refused(&app.get(&path).await, 404, "NOT_FOUND", &format!("execution {id} not found"));
    }
    let stop = app.send(patch(&astray, &json!({ "status": "Stopped" }))).await;
    refused(&stop, 404, "NOT_FOUND", "not found");
    assert_eq!(read(&app, &execution).await["status"], "Running");
}

#[tokio::test]
async fn executions_stay_with_a_policy_that_is_renamed() {
    let app = shop().await;
    let path = nightly(&app).await;
    run(&app, &path).await;
    let seen = read(&app, &path).await;
    changed(&app, &path, &with(without(seen, "id"), json!({ "name": "renamed" }))).await;

    let listed = read(&app, &format!("{POLICIES}/renamed/executions")).await;

    assert_eq!(listed.as_array().unwrap().len(), 1);
}
