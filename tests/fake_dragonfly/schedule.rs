//! When a row learns what happened.

use forewarm_fake::dragonfly::{Behaviour, Cluster, Completion, Knobs, Outcome, Script};
use serde_json::{Value, json};

use super::target::Target;

fn image() -> Value {
    json!({"type": "preheat", "args": {
        "type": "image", "url": "https://registry.example.com/v2/shop/web/manifests/v1",
    }})
}

async fn started(knobs: Knobs) -> Target {
    let registry = Script::always(Outcome::Blobs(vec!["sha256:aa".to_owned()]));
    let target = Target::fake(Knobs { registry, ..knobs }).await;
    assert_eq!(target.post(&image()).await.status, 200);
    target
}

async fn state(target: &Target) -> Value {
    target.get("/oapi/v1/jobs/1").await.json()["state"].clone()
}

fn behave(target: &Target, behaviour: &Behaviour) {
    target.fake.as_ref().unwrap().behave_all(behaviour);
}

/// A target whose peers behave so for the job it has.
async fn with(behaviour: Behaviour, args: Value) -> Target {
    let registry = Script::always(Outcome::Blobs(vec!["sha256:aa".to_owned()]));
    let target = Target::fake(Knobs { registry, ..Knobs::default() }).await;
    behave(&target, &behaviour);
    let mut body = image();
    for (key, value) in args.as_object().unwrap() {
        body["args"][key] = value.clone();
    }
    assert_eq!(target.post(&body).await.status, 200);
    target
}

#[tokio::test]
async fn a_quick_job_stays_pending_until_the_first_refresh() {
    let target = started(Knobs::default()).await;
    assert_eq!(target.get("/oapi/v1/jobs/1").await.json()["result"], json!({}));
    target.pass(29).await;
    assert_eq!(state(&target).await, "PENDING");
    target.pass(1).await;
    assert_eq!(state(&target).await, "SUCCESS");
}

#[tokio::test]
async fn a_job_of_a_hundred_seconds_shows_at_three_and_a_half_minutes() {
    let target = with(Behaviour::Ok(100_000), json!({})).await;
    target.pass(200).await;
    assert_eq!(target.fake.as_ref().unwrap().queue()[0].state, "SUCCESS");
    assert_eq!(state(&target).await, "PENDING");
    target.pass(10).await;
    assert_eq!(state(&target).await, "SUCCESS");
}

#[tokio::test]
async fn the_manager_gives_up_after_sixteen_looks_and_leaves_the_result_as_it_was() {
    let target = with(Behaviour::Hang, json!({"timeout": 7_200_000_000_000_i64})).await;
    target.pass(3_749).await;
    assert_eq!(state(&target).await, "PENDING");
    target.pass(1).await;
    let row = target.get("/oapi/v1/jobs/1").await.json();
    assert_eq!(row["state"], "FAILURE");
    assert_eq!(row["result"]["state"], "PENDING");
    assert_eq!(row["result"]["job_states"][0]["state"], "STARTED");
    assert_eq!(row["result"]["job_states"][0]["error"], "");
}

#[tokio::test]
async fn a_restarted_manager_never_looks_again() {
    let target = started(Knobs::default()).await;
    target.pass(10).await;
    target.fake.as_ref().unwrap().restart();
    target.pass(5_000).await;
    assert_eq!(state(&target).await, "PENDING");
}

#[tokio::test]
async fn a_crashed_scheduler_loses_its_task() {
    let target = started(Knobs::default()).await;
    target.fake.as_ref().unwrap().crash_scheduler(1);
    target.pass(3_700).await;
    assert_eq!(state(&target).await, "PENDING");
    target.pass(100).await;
    assert_eq!(state(&target).await, "FAILURE");
}

#[tokio::test]
async fn one_failed_cluster_freezes_the_others_in_the_row() {
    let slow = Cluster::new(1);
    let empty = Cluster::new(2).without_seeds();
    let target = Target::fake(Knobs {
        clusters: vec![slow, empty],
        registry: Script::always(Outcome::Blobs(vec!["sha256:aa".to_owned()])),
        ..Knobs::default()
    })
    .await;
    behave(&target, &Behaviour::Ok(100_000));
    target.post(&image()).await;
    target.pass(30).await;
    let row = target.get("/oapi/v1/jobs/1").await.json();
    assert_eq!(row["state"], "FAILURE");
    let entries = row["result"]["job_states"].as_array().unwrap();
    let frozen = entries.iter().find(|entry| entry["state"] == "STARTED").unwrap();
    assert_eq!(frozen["results"], Value::Null);
    target.pass(1_000).await;
    assert_eq!(state(&target).await, "FAILURE");
}

#[tokio::test]
async fn a_task_ended_by_hand_shows_at_the_next_look() {
    let target = with(Behaviour::Hang, json!({})).await;
    target.pass(20).await;
    target.fake.as_ref().unwrap().complete_queue_task(1, 1, &Completion::Failure("redis is gone".to_owned()));
    assert_eq!(state(&target).await, "PENDING");
    target.pass(10).await;
    let row = target.get("/oapi/v1/jobs/1").await.json();
    assert_eq!(row["state"], "FAILURE");
    assert_eq!(row["result"]["job_states"][0]["error"], "redis is gone");
}

#[tokio::test]
async fn rows_are_collected_six_hours_after_their_creation() {
    let target = started(Knobs::default()).await;
    target.pass(6 * 3600).await;
    assert_eq!(state(&target).await, "SUCCESS");
    target.pass(3 * 3600).await;
    assert_eq!(target.get("/oapi/v1/jobs/1").await.status, 404);
}

#[tokio::test]
async fn deleting_a_row_does_not_stop_its_queue() {
    let target = started(Knobs::default()).await;
    target.delete("/oapi/v1/jobs/1").await;
    target.pass(60).await;
    let fake = target.fake.as_ref().unwrap();
    assert_eq!(fake.queue()[0].state, "SUCCESS");
    assert!(fake.jobs()[0].gone);
    assert_eq!(target.get("/oapi/v1/jobs/1").await.status, 404);
}

#[tokio::test]
async fn another_replica_may_be_half_a_minute_behind() {
    let target = started(Knobs { replicas: 2, ..Knobs::default() }).await;
    let mut seen = Vec::new();
    for wait in [10, 0, 20, 0, 20, 0] {
        target.pass(wait).await;
        seen.push(state(&target).await.as_str().unwrap().to_owned());
    }
    // Every second read comes from a copy: taken at 10 s, and old at 40 s.
    assert_eq!(seen, ["PENDING", "PENDING", "SUCCESS", "PENDING", "SUCCESS", "SUCCESS"]);
}

#[tokio::test]
async fn creates_are_limited_by_the_second_where_clusters_are_named() {
    let target = Target::fake(Knobs::default()).await;
    let mut body = json!({"type": "preheat", "args": {"type": "file", "url": "https://files.example.com/a"}});
    for _ in 0..20 {
        assert_eq!(target.post(&body).await.status, 200);
    }
    body["scheduler_cluster_ids"] = json!([1]);
    for _ in 0..10 {
        assert_eq!(target.post(&body).await.status, 200);
    }
    assert_eq!(target.post(&body).await.status, 429);
    target.pass(1).await;
    assert_eq!(target.post(&body).await.status, 200);
    assert_eq!(target.fake.as_ref().unwrap().jobs().len(), 31, "a refused create leaves no row");
}

#[tokio::test]
async fn pages_of_an_empty_list_end_at_zero() {
    let target = Target::fake(Knobs::default()).await;
    let reply = target.get("/oapi/v1/jobs?type=preheat").await;
    assert_eq!(reply.pair(), (200, "[]"));
    assert!(reply.link.ends_with("page=0&per_page=10&type=preheat>;rel=last"), "{}", reply.link);
}
