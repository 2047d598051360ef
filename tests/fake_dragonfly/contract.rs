//! What both the fake and a real manager do. With `DRAGONFLY_URL` and `DRAGONFLY_PAT` set, the same assertions run
//! against that manager, as far as its schedulers and peers allow.

use forewarm_fake::dragonfly::{Cluster, Generation, Knobs};
use reqwest::Method;
use serde_json::{Value, json};

use super::target::Target;

/// A file preheat asks no registry.
fn file() -> Value {
    json!({"type": "preheat", "args": {"type": "file", "url": "https://files.example.com/a"}})
}

fn with(args: &Value) -> Value {
    let mut body = file();
    for (key, value) in args.as_object().unwrap() {
        body["args"][key] = value.clone();
    }
    body
}

fn without_schedulers() -> Knobs {
    Knobs { clusters: vec![Cluster::new(1).without_scheduler()], ..Knobs::default() }
}

fn without_seeds() -> Knobs {
    Knobs { clusters: vec![Cluster::new(1).without_seeds()], ..Knobs::default() }
}

/// Creates a row, or `None` where the manager has no scheduler at all.
async fn create(target: &Target, body: &Value) -> Option<Value> {
    let reply = target.post(body).await;
    if target.is_real() && reply.body.contains("candidate schedulers not found") {
        return None;
    }
    assert_eq!(reply.status, 200, "{}", reply.body);
    Some(reply.json())
}

#[tokio::test]
async fn health_needs_no_token_and_answers_a_quoted_ok() {
    let target = Target::start(Knobs::default()).await;
    let reply = target.send(Method::GET, "/healthy", None, None).await;
    assert_eq!(reply.pair(), (200, r#""OK""#));
    assert_eq!(reply.content_type, "application/json; charset=utf-8");
}

#[tokio::test]
async fn requests_without_a_known_token_are_unauthorized() {
    let target = Target::start(Knobs::default()).await;
    for token in [None, Some("nonsense"), Some("")] {
        let reply = target.send(Method::GET, "/oapi/v1/jobs", token, None).await;
        assert_eq!(reply.pair(), (401, r#"{"message":"Unauthorized"}"#), "{token:?}");
    }
}

#[tokio::test]
async fn a_route_that_does_not_exist_is_moved_to_the_console() {
    let target = Target::start(Knobs::default()).await;
    for (method, path) in [
        (Method::GET, "/api/v2/jobs"),
        (Method::HEAD, "/healthy"),
        (Method::PUT, "/oapi/v1/jobs"),
        (Method::GET, "/preheats/1"),
    ] {
        let reply = target.send(method, path, None, None).await;
        assert_eq!(reply.status, 301, "{path}");
    }
}

#[tokio::test]
async fn a_malformed_top_level_is_answered_twice() {
    let target = Target::start(Knobs::default()).await;
    for body in [
        "{",
        "no json",
        "{}",
        r#"{"args":{"type":"file","url":"x"}}"#,
        r#"{"type":"preheat","scheduler_cluster_ids":"1"}"#,
        r#"{"type":"preheat","args":[]}"#,
    ] {
        let reply = target.post_raw(body).await;
        assert_eq!(reply.status, 422, "{body}");
        let values: Vec<Value> =
            serde_json::Deserializer::from_str(&reply.body).into_iter().collect::<Result<_, _>>().unwrap();
        assert_eq!(values.len(), 2, "{body}: {}", reply.body);
        assert!(values[0]["errors"].is_string(), "{}", reply.body);
    }
}

#[tokio::test]
async fn arguments_out_of_range_are_answered_once() {
    let target = Target::start(Knobs::default()).await;
    for args in [
        json!({"type": "container"}),
        json!({"piece_length": 4_194_303}),
        json!({"piece_length": 67_108_865}),
        json!({"ips": []}),
        json!({"ips": vec!["10.0.0.1"; 101]}),
        json!({"count": 0}),
        json!({"count": 201}),
        json!({"percentage": 0}),
        json!({"percentage": 101}),
        json!({"concurrent_task_count": 101}),
        json!({"concurrent_peer_count": 1001}),
        json!({"timeout": "30m"}),
        json!({"timeout": 1.5}),
        json!({"headers": {"X-Number": 1}}),
        json!({"count": -1}),
    ] {
        let reply = target.post(&with(&args)).await;
        assert_eq!(reply.status, 422, "{args}");
        assert!(reply.json()["errors"].is_string(), "{args}: {}", reply.body);
    }
}

#[tokio::test]
async fn an_unknown_type_is_refused_in_the_managers_spelling() {
    let target = Target::start(Knobs::default()).await;
    let reply = target.post(&json!({"type": "cook", "args": {}})).await;
    assert_eq!(reply.pair(), (422, r#"{"errors":"Unknow type"}"#));
}

#[tokio::test]
async fn an_unknown_cluster_is_a_rate_limit_in_plain_text() {
    let target = Target::start(Knobs::default()).await;
    let mut body = file();
    body["scheduler_cluster_ids"] = json!([99]);
    let reply = target.post(&body).await;
    assert_eq!(reply.pair(), (429, "rate limit exceeded"));
    assert!(reply.content_type.starts_with("text/plain"));
}

#[tokio::test]
async fn without_schedulers_nothing_else_is_looked_at() {
    let target = Target::start(without_schedulers()).await;
    let mut body = file();
    body["args"]["type"] = json!("image");
    let reply = target.post(&body).await;
    if target.is_real() && !reply.body.contains("candidate") {
        return; // this manager has a scheduler
    }
    assert_eq!(reply.pair(), (500, r#"{"message":"candidate schedulers not found"}"#));
}

#[tokio::test]
async fn bad_parameters_and_registries_are_internal_errors_with_a_text() {
    let target = Target::start(Knobs { refuse_loopback: true, ..Knobs::default() }).await;
    let image = |url: &str| json!({"type": "preheat", "args": {"type": "image", "url": url}});
    let nothing = json!({"type": "preheat", "args": {"type": "file"}});
    for (body, text) in [
        (image(""), "invalid params: url is required"),
        (nothing, "invalid params: url or urls is required"),
        (image("https://registry.example.com/shop/web:v1"), "parse access url failed"),
        (image("http://127.0.0.1:5000/v2/a/manifests/v1"), "ip 127.0.0.1 is invalid"),
    ] {
        let reply = target.post(&body).await;
        if target.is_real() && reply.body.contains("candidate schedulers not found") {
            return;
        }
        assert_eq!(reply.status, 500, "{body}");
        let message = reply.json()["message"].as_str().unwrap().to_owned();
        assert!(message.contains(text), "{message}");
    }
}

#[tokio::test]
async fn a_created_row_echoes_its_arguments_with_defaults() {
    let target = Target::start(Knobs::default()).await;
    let args =
        json!({"pieceLength": 4_194_304, "filteredQueryParams": "x", "count": null, "headers": {"A": "b"}});
    let Some(job) = create(&target, &with(&args)).await else {
        return;
    };
    assert_eq!(job["state"], "PENDING");
    assert_eq!(job["result"], Value::Null);
    assert!(job["task_id"].as_str().unwrap().starts_with("group_"));
    let args = &job["args"];
    assert_eq!(args["scope"], "single_seed_peer");
    assert_eq!(args["concurrent_task_count"], 8);
    assert_eq!(args["concurrent_peer_count"], 500);
    assert_eq!(args["timeout"], 3_600_000_000_000_i64);
    assert_eq!(args["headers"]["A"], "b");
    assert_eq!(args["piece_length"], Value::Null, "an unknown spelling is ignored");
    assert!(args["filtered_query_params"].as_str().unwrap().contains("X-Amz-Signature"));
}

#[tokio::test]
async fn a_read_row_has_an_object_as_result() {
    let target = Target::start(Knobs::default()).await;
    let Some(job) = create(&target, &file()).await else {
        return;
    };
    let reply = target.get(&format!("/oapi/v1/jobs/{}", job["id"])).await;
    assert_eq!(reply.status, 200);
    assert!(reply.json()["result"].is_object(), "{}", reply.body);
    assert!(reply.json()["scheduler_clusters"].is_array());
}

#[tokio::test]
async fn a_list_is_newest_first_without_clusters_and_with_the_odd_link() {
    let target = Target::start(Knobs::default()).await;
    for _ in 0..3 {
        if create(&target, &file()).await.is_none() {
            return;
        }
        target.pass(1).await;
    }
    let reply = target.get("/oapi/v1/jobs?type=preheat&page=1&per_page=2").await;
    let rows = reply.json();
    let ids: Vec<u64> = rows.as_array().unwrap().iter().map(|row| row["id"].as_u64().unwrap()).collect();
    assert_eq!(ids.len(), 2);
    assert!(ids[0] > ids[1]);
    assert_eq!(rows[0]["scheduler_clusters"], Value::Null);
    let links: Vec<&str> = reply.link.split(',').collect();
    for (link, rel) in links.iter().zip(["prev", "next", "first", "last"]) {
        assert!(link.starts_with("</oapi/v1/jobs?"), "{link}");
        assert!(link.ends_with(&format!(">;rel={rel}")), "{link}");
    }
    assert!(links[0].contains("page=1") && links[1].contains("page=2"), "{}", reply.link);
}

#[tokio::test]
async fn unknown_rows_and_bad_questions() {
    let target = Target::start(Knobs::default()).await;
    let reply = target.get("/oapi/v1/jobs/4000000000").await;
    assert_eq!(reply.pair(), (404, r#"{"message":"record not found"}"#));
    for path in
        ["/oapi/v1/jobs/abc", "/oapi/v1/jobs/0", "/oapi/v1/jobs?state=DONE", "/oapi/v1/jobs?per_page=-1"]
    {
        assert_eq!(target.get(path).await.status, 422, "{path}");
    }
}

#[tokio::test]
async fn a_deleted_row_is_gone_at_the_second_time() {
    let target = Target::start(Knobs::default()).await;
    let Some(job) = create(&target, &file()).await else {
        return;
    };
    let path = format!("/oapi/v1/jobs/{}", job["id"]);
    assert_eq!(target.delete(&path).await.pair(), (200, ""));
    assert_eq!(target.delete(&path).await.pair(), (404, r#"{"message":"record not found"}"#));
}

#[tokio::test]
async fn the_same_preheat_twice_is_two_rows_and_no_conflict() {
    let target = Target::start(Knobs::default()).await;
    let Some(first) = create(&target, &file()).await else {
        return;
    };
    let Some(second) = create(&target, &file()).await else {
        return;
    };
    assert_ne!(first["id"], second["id"]);
}

#[tokio::test]
async fn a_missing_seed_peer_shows_half_a_minute_later() {
    let target = Target::start(without_seeds()).await;
    let Some(job) = create(&target, &file()).await else {
        return;
    };
    let path = format!("/oapi/v1/jobs/{}", job["id"]);
    target.pass(25).await;
    assert_eq!(target.get(&path).await.json()["state"], "PENDING");
    target.pass(9).await;
    let job = target.get(&path).await.json();
    if target.is_real() && job["state"] != "FAILURE" {
        return; // this manager has a seed peer
    }
    assert_eq!(job["state"], "FAILURE");
    let entry = &job["result"]["job_states"][0];
    assert!(entry["error"].as_str().unwrap().contains("no available seed peer"), "{entry}");
    assert_eq!(entry["results"], Value::Null);
}

#[tokio::test]
async fn clusters_can_be_listed() {
    let target = Target::start(Knobs { generation: Generation::Oapi, ..Knobs::default() }).await;
    let clusters = target.get("/oapi/v1/clusters").await.json();
    let first = &clusters.as_array().unwrap()[0];
    assert!(first["id"].is_u64());
    assert_eq!(first["scheduler_cluster_id"], first["id"]);
    assert!(first["scheduler_cluster_config"]["job_rate_limit"].is_u64());
}
