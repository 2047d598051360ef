//! Executions, tasks and logs through the API.

mod logs;

use std::time::Duration;

use chrono::Utc;
use forewarm_domain::digest::Digest;
use forewarm_domain::execution::{Spec, Work};
use forewarm_domain::job::Turn;
use forewarm_domain::task::{ImageTarget, Target};
use forewarm_domain::task_log::{Level, Line};
use forewarm_store::tasks::{NewTask, Stage, Step};
use futures::StreamExt;
use poem::Endpoint;
use poem::http::Method;
use serde_json::{Value, json};

use crate::support::app::{TestApp, request};

const LEASE: Duration = Duration::from_secs(60);

async fn furnished() -> TestApp {
    let app = TestApp::start().await;
    app.furnish().await;
    let policy = json!({
        "name": "nightly", "instances": ["edge"], "filters": [{ "type": "repository", "pattern": "web" }],
    });
    app.create("/api/v1/projects/shop/policies", &policy).await;
    app
}

async fn execute(app: &TestApp) -> i64 {
    let answer = app.act("/api/v1/projects/shop/policies/nightly/executions").await;
    assert_eq!(answer.status, 201, "{}", answer.text);
    answer.json()["id"].as_i64().unwrap()
}

/// What an execution was started with, as a worker gets it.
async fn spec_of(app: &TestApp, view: &Value) -> Spec {
    let id = view["id"].as_i64().unwrap();
    let executions = app.store.executions();
    let expansion = executions.begin_expansion(id, 0, LEASE).await.unwrap();
    expansion.unwrap().spec
}

/// Does the worker's part: gives an execution its tasks, one for each tag.
pub async fn expand(app: &TestApp, execution: i64, tags: &[&str]) -> Vec<i64> {
    let executions = app.store.executions();
    let expansion = executions.begin_expansion(execution, 0, LEASE).await.unwrap().unwrap();
    let tasks: Vec<NewTask> = tags
        .iter()
        .enumerate()
        .map(|(i, tag)| NewTask {
            ordinal: i32::try_from(i).unwrap(),
            instance_id: expansion.spec.instances[0].id,
            instance: "edge".to_owned(),
            vendor: "mirror".to_owned(),
            target: image(tag, i),
            blobs: None,
            max_attempts: 1,
            timeout_seconds: 60,
            stopped: None,
            fresh_for: None,
        })
        .collect();
    assert!(app.store.tasks().create_many(expansion.lease, &tasks).await.unwrap());
    assert!(executions.end_expansion(expansion.lease, "all found", &[]).await.unwrap());
    let (tasks, _) = app.store.tasks().list(execution, None, 100, 0).await.unwrap();
    tasks.iter().map(|task| task.id).collect()
}

fn image(tag: &str, i: usize) -> Target {
    let digest = Digest::parse(&format!("sha256:{i:064x}")).unwrap();
    Target::Image(ImageTarget {
        registry_id: None,
        repository: "shop/web".to_owned(),
        digest: digest.clone(),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        platform: Some("linux/amd64".parse().unwrap()),
        tags: vec![tag.to_owned()],
        artifact_digest: digest,
    })
}

/// Does the worker's part: one step of a task, with these lines in its log.
pub async fn step(app: &TestApp, task: i64, stage: Stage, step: Step, lines: &[&str]) {
    let seq: i64 = sqlx::query_scalar("SELECT seq FROM tasks WHERE id = $1")
        .bind(task)
        .fetch_one(app.store.pool())
        .await
        .unwrap();
    let tasks = app.store.tasks();
    let assignment = tasks.begin(&[Turn { task_id: task, seq }], LEASE).await.unwrap().remove(0);
    let lines: Vec<Line> = lines
        .iter()
        .map(|message| Line { at: Utc::now(), level: Level::Info, message: (*message).to_owned() })
        .collect();
    assert!(tasks.record(assignment.lease, stage, step, &lines).await.unwrap());
}

pub fn failed(message: &str) -> Step {
    Step::Failed { message: message.to_owned(), report: None }
}

#[tokio::test]
async fn running_a_policy_makes_an_execution_with_an_address() {
    let app = furnished().await;

    let answer = app.act("/api/v1/projects/shop/policies/nightly/executions").await;

    assert_eq!(answer.status, 201);
    let view = answer.json();
    assert_eq!(answer.header("location"), format!("/api/v1/executions/{}", view["id"]));
    assert_eq!(app.get(answer.header("location")).await.json(), view);
    for (field, value) in
        [("status", "pending"), ("policy", "nightly"), ("project", "shop"), ("trigger", "manual")]
    {
        assert_eq!(view[field], value);
    }
    assert_eq!(view["counts"]["total"], 0);
    let spec = spec_of(&app, &view).await;
    assert!(matches!(spec.work, Work::Policy(ref selection) if selection.namespace == "shop"));
    assert_eq!(spec.instances[0].name, "edge");
}

#[tokio::test]
async fn a_disabled_policy_and_one_without_an_enabled_instance_do_not_run() {
    let app = furnished().await;
    let path = "/api/v1/projects/shop/policies/nightly";
    let mut instance = app.get("/api/v1/instances/edge").await.json();
    instance["enabled"] = json!(false);
    app.put("/api/v1/instances/edge", &instance).await;
    let answer = app.act(&format!("{path}/executions")).await;
    assert_eq!(
        (answer.status, answer.complaints().as_str()),
        (409, "policy 'nightly' has no enabled instance")
    );

    let mut policy = app.get(path).await.json();
    policy["enabled"] = json!(false);
    app.put(path, &policy).await;
    let answer = app.act(&format!("{path}/executions")).await;
    assert_eq!((answer.status, answer.complaints().as_str()), (409, "policy 'nightly' is disabled"));
    assert_eq!(app.rows("executions").await, 0);
}

#[tokio::test]
async fn executions_are_listed_newest_first_and_filtered() {
    let app = furnished().await;
    let first = execute(&app).await;
    let second = execute(&app).await;
    app.act(&format!("/api/v1/executions/{first}/stop")).await;
    let ids = async |query: &str| -> Vec<i64> {
        let answer = app.get(&format!("/api/v1/executions{query}")).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
        let list = answer.json();
        list.as_array().unwrap().iter().map(|item| item["id"].as_i64().unwrap()).collect()
    };

    assert_eq!(ids("").await, [second, first]);
    assert_eq!(ids("?sort=created_at").await, [first, second]);
    assert_eq!(ids("?status=stopped").await, [first]);
    assert_eq!(ids("?project=shop&policy=nightly&trigger=manual&status=pending").await, [second]);
    assert_eq!(ids("?project=other").await, Vec::<i64>::new());
    assert_eq!(ids("?since=2100-01-01T00:00:00Z").await, Vec::<i64>::new());
    assert_eq!(ids("?until=2100-01-01T00:00:00Z&page_size=1&page=2").await, [first]);
}

#[tokio::test]
async fn a_stop_ends_what_is_open_and_a_second_one_is_refused() {
    let app = furnished().await;
    let execution = execute(&app).await;
    expand(&app, execution, &["v1", "v2"]).await;

    let stopped = app.act(&format!("/api/v1/executions/{execution}/stop")).await;
    assert_eq!(stopped.status, 200);
    assert_eq!(stopped.json()["status"], "stopped");
    assert_eq!(stopped.json()["counts"]["stopped"], 2);
    assert!(stopped.json()["duration_seconds"].is_number());

    let again = app.act(&format!("/api/v1/executions/{execution}/stop")).await;
    assert_eq!(again.status, 409);
    assert!(again.complaints().contains("is in status stopped"), "{}", again.text);
    assert_eq!(app.act("/api/v1/executions/999/stop").await.status, 404);
}

#[tokio::test]
async fn a_retry_reopens_failed_tasks_only_and_is_refused_while_it_runs() {
    let app = furnished().await;
    let execution = execute(&app).await;
    let tasks = expand(&app, execution, &["v1", "v2"]).await;
    step(&app, tasks[0], Stage::Submit, failed("401: denied"), &["asked"]).await;
    let success = Step::Success {
        engine_job: None,
        proof: forewarm_domain::task::Proof::BlobsPresent,
        message: "warm".to_owned(),
        fresh_for: Duration::from_secs(60),
        report: forewarm_domain::task::Report::default(),
    };
    step(&app, tasks[1], Stage::Submit, success, &[]).await;
    let ended = app.get(&format!("/api/v1/executions/{execution}")).await.json();
    assert_eq!((&ended["status"], &ended["success_rate"]), (&json!("error"), &json!(50.0)));

    let retried = app.act(&format!("/api/v1/executions/{execution}/retry")).await;
    assert_eq!((retried.status, &retried.json()["status"]), (200, &json!("running")), "{}", retried.text);
    let list = app.get(&format!("/api/v1/executions/{execution}/tasks")).await.json();
    let statuses: Vec<&Value> = list.as_array().unwrap().iter().map(|task| &task["status"]).collect();
    assert_eq!(statuses, [&json!("pending"), &json!("success")]);
    assert_eq!(list[1]["proof"], "blobs_present");

    assert_eq!(app.act(&format!("/api/v1/executions/{execution}/retry")).await.status, 409);
}

#[tokio::test]
async fn tasks_are_listed_with_what_they_warm() {
    let app = furnished().await;
    let execution = execute(&app).await;
    let tasks = expand(&app, execution, &["v1", "v2", "v3"]).await;
    step(&app, tasks[2], Stage::Submit, failed("404: no such manifest"), &[]).await;

    let page = app.get(&format!("/api/v1/executions/{execution}/tasks?page_size=2")).await;
    assert_eq!((page.header("x-total-count"), page.json().as_array().unwrap().len()), ("3", 2));
    let failed = app.get(&format!("/api/v1/executions/{execution}/tasks?status=error")).await.json();
    assert_eq!(failed.as_array().unwrap().len(), 1);

    let task = app.get(&format!("/api/v1/tasks/{}", tasks[2])).await.json();
    assert_eq!(task, failed[0]);
    assert_eq!(task["message"], "404: no such manifest");
    assert_eq!(task["instance"], "edge");
    let target = &task["target"];
    assert_eq!((&target["type"], &target["repository"]), (&json!("image"), &json!("shop/web")));
    assert_eq!((&target["platform"], &target["tags"]), (&json!("linux/amd64"), &json!(["v3"])));
    assert_eq!(app.get("/api/v1/executions/999/tasks").await.status, 404);
}

#[tokio::test]
async fn images_are_preheated_without_a_policy() {
    let app = furnished().await;
    let digest = format!("sha256:{:064x}", 7);
    let by_host = json!({
        "type": "image",
        "images": ["registry.test:5000/shop/web:v1", format!("registry.test:5000/shop/cart@{digest}")],
        "options": { "platforms": ["linux/amd64"] },
    });

    let view = app.create("/api/v1/preheats", &by_host).await;

    assert_eq!(view.get("policy"), None);
    let spec = spec_of(&app, &view).await;
    let Work::Images { images } = spec.work else { panic!("{:?}", spec.work) };
    let named: Vec<(&str, &str)> =
        images.iter().map(|image| (image.repository.as_str(), image.reference.as_str())).collect();
    assert_eq!(named, [("shop/web", "v1"), ("shop/cart", digest.as_str())]);
    // Nothing was said of instances: every enabled one that can.
    let instances: Vec<&str> = spec.instances.iter().map(|instance| instance.name.as_str()).collect();
    assert_eq!(instances, ["dragonfly", "edge"]);

    let by_name =
        json!({ "type": "image", "registry": "origin", "images": ["web:v1"], "instances": ["edge"] });
    app.create("/api/v1/preheats", &by_name).await;
}

#[tokio::test]
async fn files_go_to_the_instances_that_can_do_files() {
    let app = furnished().await;
    let body = json!({
        "type": "file", "urls": ["https://files.test/model.bin?part=1"],
        "options": { "filtered_query_params": ["part"] },
        "access": { "headers": { "Authorization": "hidden-header" } },
    });

    let view = app.create("/api/v1/preheats", &body).await;

    let spec = spec_of(&app, &view).await;
    let instances: Vec<&str> = spec.instances.iter().map(|instance| instance.name.as_str()).collect();
    assert_eq!(instances, ["dragonfly"]);
    assert!(!format!("{spec:?}").contains("hidden"));
}

#[tokio::test]
async fn a_preheat_that_makes_no_sense_is_refused_and_starts_nothing() {
    let app = furnished().await;
    let table = [
        (json!({ "images": ["a/b:c"] }), "type: must be one of image, file"),
        (json!({ "type": "chart" }), "type: must be one of image, file"),
        (json!({ "type": "image", "images": [] }), "images: must have at least 1 entries"),
        (json!({ "type": "image", "images": ["shop/web:v1"] }), "images[0]: names no registry"),
        (
            json!({ "type": "image", "images": ["elsewhere.test/web:v1"] }),
            "no registry with the host 'elsewhere.test'",
        ),
        (
            json!({ "type": "image", "images": ["registry.test:5000/shop/web"] }),
            "images[0]: needs a tag or a digest",
        ),
        (
            json!({ "type": "image", "images": ["registry.test:5000/shop/web:"] }),
            "images[0]: '' is not a tag",
        ),
        (
            json!({ "type": "image", "images": ["registry.test:5000/Web:v1"] }),
            "images[0]: must be lower-case",
        ),
        (
            json!({ "type": "image", "images": ["registry.test:5000/web@sha256:12"] }),
            "images[0]: 'sha256:12'",
        ),
        (
            json!({ "type": "image", "registry": "nowhere", "images": ["web:v1"] }),
            "there is no registry 'nowhere'",
        ),
        (
            json!({ "type": "image", "registry": "origin", "images": ["web:v1"], "instances": ["x"] }),
            "instances[0]: ",
        ),
        (json!({ "type": "file", "urls": ["file:///etc/passwd"] }), "urls[0]: "),
        (
            json!({ "type": "file", "urls": ["http://f.test/x"], "instances": ["edge"] }),
            "'edge': mirror cannot preheat files",
        ),
        (
            json!({ "type": "file", "urls": ["http://f.test/x"], "options": { "platforms": ["linux/amd64"] } }),
            "options.platforms: ",
        ),
    ];
    for (body, complaint) in table {
        let answer = app.post("/api/v1/preheats", &body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(answer.complaints().contains(complaint), "{body}: {}", answer.text);
    }
    assert_eq!(app.rows("executions").await, 0);
}
