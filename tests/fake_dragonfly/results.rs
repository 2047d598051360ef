//! What a row tells about peers that worked and peers that did not.

use forewarm_fake::dragonfly::{Behaviour, Cluster, Generation, Keys, Knobs, Outcome, Peer, Script};
use serde_json::{Value, json};

use super::target::Target;

const MANIFEST: &str = "https://registry.example.com/v2/shop/web/manifests/v1";

fn three_blobs() -> Script {
    Script::always(Outcome::Blobs(["sha256:aa", "sha256:bb", "sha256:cc"].map(str::to_owned).to_vec()))
}

fn knobs(peers: Vec<Peer>) -> Knobs {
    Knobs { registry: three_blobs(), clusters: vec![Cluster::new(1).with_peers(peers)], ..Knobs::default() }
}

fn seed(behaviour: Behaviour) -> Peer {
    Peer::seed("seed-0", "10.1.0.7").behaves(behaviour)
}

/// Preheats three blobs and reads the row after this time.
async fn row_after(knobs: Knobs, args: Value, seconds: u64) -> Value {
    let target = Target::fake(knobs).await;
    let mut body = json!({"type": "preheat", "args": {"type": "image", "url": MANIFEST}});
    for (key, value) in args.as_object().unwrap() {
        body["args"][key] = value.clone();
    }
    assert_eq!(target.post(&body).await.status, 200);
    target.pass(seconds).await;
    target.get("/oapi/v1/jobs/1").await.json()
}

fn cluster_result(row: &Value) -> &Value {
    &row["result"]["job_states"][0]["results"][0]
}

fn urls(tasks: &Value) -> Vec<&str> {
    let mut urls: Vec<&str> =
        tasks.as_array().unwrap().iter().map(|task| task["url"].as_str().unwrap()).collect();
    urls.sort_unstable();
    urls
}

#[tokio::test]
async fn a_single_seed_that_works_confirms_every_blob() {
    let row = row_after(knobs(vec![seed(Behaviour::Ok(500))]), json!({}), 30).await;
    assert_eq!(row["state"], "SUCCESS");
    let result = cluster_result(&row);
    assert_eq!(
        urls(&result["success_tasks"]),
        ["aa", "bb", "cc"].map(|d| format!("https://registry.example.com/v2/shop/web/blobs/sha256:{d}"))
    );
    assert_eq!(result["failure_tasks"], Value::Null);
    assert_eq!(result["scheduler_cluster_id"], 1);
}

#[tokio::test]
async fn a_single_seed_that_fails_everything_is_still_success() {
    let row = row_after(knobs(vec![seed(Behaviour::Fail("disk full".to_owned()))]), json!({}), 30).await;
    assert_eq!(row["state"], "SUCCESS");
    assert_eq!(cluster_result(&row)["success_tasks"], Value::Null);
    assert_eq!(cluster_result(&row)["failure_tasks"], Value::Null);
}

#[tokio::test]
async fn a_single_seed_that_fails_one_blob_leaves_it_out_silently() {
    let table = vec![("bb".to_owned(), "404".to_owned())];
    let row = row_after(knobs(vec![seed(Behaviour::FailFor(table))]), json!({}), 30).await;
    assert_eq!(row["state"], "SUCCESS");
    assert_eq!(urls(&cluster_result(&row)["success_tasks"]).len(), 2);
}

#[tokio::test]
async fn a_single_seed_that_hangs_is_success_after_the_timeout() {
    let args = json!({"timeout": 10_000_000_000_i64});
    let row = row_after(knobs(vec![seed(Behaviour::Hang)]), args, 30).await;
    assert_eq!(row["state"], "SUCCESS");
    assert_eq!(cluster_result(&row)["success_tasks"], Value::Null);
}

#[tokio::test]
async fn a_peer_with_one_failure_loses_all_its_successes() {
    let table = vec![("bb".to_owned(), "no space".to_owned())];
    let peers = vec![
        Peer::normal("host-8", "10.1.0.8"),
        Peer::normal("host-9", "10.1.0.9").behaves(Behaviour::FailFor(table)),
    ];
    let row = row_after(knobs(peers), json!({"scope": "all_peers"}), 30).await;
    assert_eq!(row["state"], "SUCCESS");
    let result = cluster_result(&row);
    let successes = result["success_tasks"].as_array().unwrap();
    assert_eq!(successes.len(), 3);
    assert!(successes.iter().all(|task| task["hostname"] == "host-8"));
    let failures = result["failure_tasks"].as_array().unwrap();
    assert_eq!(failures.len(), 1);
    assert!(failures[0]["description"].as_str().unwrap().contains("no space"));
}

#[tokio::test]
async fn one_bad_blob_on_the_only_peer_fails_the_whole_cluster() {
    let table = vec![("bb".to_owned(), "no space".to_owned())];
    let peers = vec![Peer::normal("host-9", "10.1.0.9").behaves(Behaviour::FailFor(table))];
    let row = row_after(knobs(peers), json!({"scope": "all_peers"}), 30).await;
    assert_eq!(row["state"], "FAILURE");
    let entry = &row["result"]["job_states"][0];
    let error = entry["error"].as_str().unwrap();
    assert!(error.starts_with("all peers preheat failed: group_"), "{error}");
    assert!(error.contains(" 10.1.0.9 host-9 task "), "{error}");
    assert_eq!(entry["results"], Value::Null);
}

#[tokio::test]
async fn hanging_peers_of_a_wide_scope_say_that_the_deadline_passed() {
    let peers =
        vec![Peer::normal("host-8", "10.1.0.8"), Peer::normal("host-9", "10.1.0.9").behaves(Behaviour::Hang)];
    let args = json!({"scope": "all_peers", "timeout": 10_000_000_000_i64});
    let row = row_after(knobs(peers), args, 30).await;
    let failures = cluster_result(&row)["failure_tasks"].as_array().unwrap();
    assert_eq!(failures.len(), 3);
    assert!(failures[0]["description"].as_str().unwrap().contains("DeadlineExceeded"));
}

#[tokio::test]
async fn peers_are_chosen_by_ips_then_count_then_percentage() {
    let peers: Vec<Peer> = (1..=10).map(|n| Peer::normal(&format!("h{n}"), &format!("10.0.0.{n}"))).collect();
    let chosen = async |args: Value| {
        let row = row_after(knobs(peers.clone()), args, 30).await;
        let tasks = cluster_result(&row)["success_tasks"].as_array().unwrap().len();
        tasks / 3
    };
    assert_eq!(chosen(json!({"scope": "all_peers"})).await, 10);
    assert_eq!(chosen(json!({"scope": "all_peers", "percentage": 25})).await, 2);
    assert_eq!(chosen(json!({"scope": "all_peers", "percentage": 1})).await, 1);
    assert_eq!(chosen(json!({"scope": "all_peers", "percentage": 50, "count": 3})).await, 3);
    assert_eq!(chosen(json!({"scope": "all_peers", "count": 3, "ips": ["10.0.0.4", "10.9.9.9"]})).await, 1);
    let row = row_after(knobs(peers.clone()), json!({"scope": "all_peers", "ips": ["10.9.9.9"]}), 30).await;
    assert_eq!(row["result"]["job_states"][0]["error"], "no peer found for ips [10.9.9.9]");
}

#[tokio::test]
async fn a_word_that_is_no_scope_is_the_single_seed() {
    let row = row_after(knobs(vec![seed(Behaviour::Ok(1))]), json!({"scope": "everybody"}), 30).await;
    assert_eq!(row["state"], "SUCCESS");
    assert_eq!(row["args"]["scope"], "everybody");
    assert_eq!(cluster_result(&row)["failure_tasks"], Value::Null);
}

#[tokio::test]
async fn old_managers_have_an_entry_for_each_blob_and_admit_failures() {
    let old = |behaviour| Knobs { generation: Generation::OapiPerBlob, ..knobs(vec![seed(behaviour)]) };
    let row = row_after(old(Behaviour::Ok(1)), json!({}), 30).await;
    assert_eq!(row["result"]["job_states"].as_array().unwrap().len(), 3);
    let row = row_after(old(Behaviour::Fail("no".to_owned())), json!({}), 30).await;
    assert_eq!(row["state"], "FAILURE");
}

#[tokio::test]
async fn the_oldest_managers_spell_the_keys_of_results_in_camel_case() {
    let row =
        row_after(Knobs { keys: Keys::Camel, ..knobs(vec![seed(Behaviour::Ok(1))]) }, json!({}), 30).await;
    assert_eq!(row["state"], "SUCCESS");
    assert_eq!(row["result"]["State"], "SUCCESS");
    assert!(row["result"]["GroupUUID"].is_string());
    assert!(row["result"]["JobStates"][0]["TaskUUID"].is_string());
}
