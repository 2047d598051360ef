//! The vendor `dragonfly`: results of all layouts, with holes, far too large, or hostile.

use forewarm_fake::dragonfly::{Generation, Keys, Knobs};
use forewarm_fake::{Answer, Fault};
use serde_json::{Value, json};

use crate::support::manager::Rig;
use crate::support::preheats::{failed, proven, running, text};

#[tokio::test]
async fn all_layouts_of_results_come_to_the_same_report() {
    let mut reports = Vec::new();
    for (generation, keys) in [
        (Generation::Oapi, Keys::Snake),
        (Generation::Oapi, Keys::Camel),
        (Generation::OapiPerBlob, Keys::Snake),
        (Generation::OapiPerBlob, Keys::Camel),
    ] {
        let mut rig = Rig::with(Knobs { generation, keys, ..Knobs::default() }).await;
        let (done, _) = rig.run().await;
        proven(&done.outcome);
        reports.push(done.report);
    }
    assert_eq!(reports[0].confirmed, 3);
    assert!(reports.iter().all(|report| *report == reports[0]));
}

#[tokio::test]
async fn any_field_of_a_row_may_be_null_or_missing() {
    for row in [
        json!({"id": 1, "state": "PENDING"}),
        json!({"id": 1, "state": "PENDING", "result": null, "created_at": null, "bio": null}),
        json!({"id": 1, "state": null, "result": {"job_states": null, "state": null}}),
        json!({"id": 1, "state": "PENDING", "result": {"job_states": [null, {"results": null, "error": null}]}}),
        json!({"id": 1, "result": {"job_states": [{"state": "STARTED", "results": [null, {
            "scheduler_cluster_id": null, "success_tasks": [null, {"url": null}], "failure_tasks": null}]}]}}),
    ] {
        let mut rig = Rig::start().await;
        rig.submit().await;
        answer_with(&rig, &row);
        running(&rig.look_at(32).await.outcome);
    }
}

#[tokio::test]
async fn a_huge_result_is_counted_whole_and_kept_in_part() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    let entry = |blob: usize, peer: usize, description: &str| {
        json!({"url": rig.blob_url(blob), "hostname": format!("host-{peer}"), "ip": format!("10.0.{}.{}", peer / 250, peer % 250),
               "description": description})
    };
    let successes: Vec<Value> = (0..6600).map(|n| entry(n % 3, n / 3, "")).collect();
    let failures: Vec<Value> = (0..20_000).map(|n| entry(n % 3, 3000 + n, &"x".repeat(150))).collect();
    answer_with(&rig, &finished(&successes, &failures));

    let done = rig.look_at(32).await;

    assert!(proven(&done.outcome).contains("20000 failures"));
    assert_eq!(done.report.failure_count, 20_000);
    assert_eq!((done.report.failures.len(), done.report.peers.len()), (100, 100));
    assert!(rig.log.take().len() < 200);
}

#[tokio::test]
async fn hostile_texts_are_cut_and_made_printable() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    let nasty = format!("\u{1b}[2J<script>\0\r\n{}", "A".repeat(1 << 20));
    let failure = json!({"url": nasty, "hostname": nasty, "ip": "\0", "description": nasty});
    let successes: Vec<Value> =
        (0..3).map(|n| json!({"url": rig.blob_url(n), "hostname": nasty, "ip": "10.1.0.7"})).collect();
    answer_with(&rig, &finished(&successes, &[failure]));

    let done = rig.look_at(32).await;

    let report = serde_json::to_string(&done.report).unwrap();
    assert!(report.len() < 10_000, "{} bytes", report.len());
    let all = format!("{}{}{report}", proven(&done.outcome), text(&rig.log).replace('\n', ""));
    assert!(!all.contains(char::is_control) && !all.contains("\\u0000") && !all.contains("\\u001b"));
}

#[tokio::test]
async fn a_failure_without_any_reason_says_so() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    answer_with(
        &rig,
        &json!({"id": 1, "state": "FAILURE", "result": {"state": "FAILURE", "job_states": []}}),
    );

    let done = rig.look_at(32).await;

    assert!(failed(&done.outcome).0.contains("gives no reason"));
}

#[tokio::test]
async fn an_answer_beyond_all_measure_is_not_read_to_the_end() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    answer_with(&rig, &json!({"id": 1, "state": "SUCCESS", "bio": "x".repeat(17 << 20)}));

    let error = rig.look().await.unwrap_err();

    assert!(error.to_string().contains("larger than 16777216 bytes"), "{error}");
}

#[tokio::test]
async fn success_without_a_word_from_one_cluster_proves_nothing() {
    let mut rig = Rig::start().await;
    rig.submit().await;
    let successes: Vec<Value> = (0..3).map(|n| json!({"url": rig.blob_url(n), "ip": "10.1.0.7"})).collect();
    let mut row = finished(&successes, &[]);
    let states = row["result"]["job_states"].as_array_mut().unwrap();
    states.push(json!({"state": "SUCCESS", "results": null}));
    answer_with(&rig, &row);

    let done = rig.look_at(32).await;

    let (message, retry) = failed(&done.outcome);
    assert!(message.contains("does not say what it loaded"), "{message}");
    assert!(retry);
}

/// The next look gets this row.
fn answer_with(rig: &Rig, row: &Value) {
    let answer = Answer::new(200).json(row);
    rig.dragonfly.faults().on("GET", "/oapi/v1/jobs/1").inject(Fault::Answer(answer));
}

fn finished(successes: &[Value], failures: &[Value]) -> Value {
    json!({"id": 1, "state": "SUCCESS", "result": {"state": "SUCCESS", "job_states": [{"state": "SUCCESS", "results": [
        {"scheduler_cluster_id": 1, "success_tasks": successes, "failure_tasks": failures}]}]}})
}
