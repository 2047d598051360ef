//! The judge itself on trial: whatever is tampered with, it must notice.

use forewarm_fake::dragonfly::{Behaviour, TEST_TOKEN};
use serde_json::json;

use super::super::hours::Hours;
use crate::support::client::client;

/// What is done to the rows, and what the judge must say of it.
const TAMPERED: [(&str, &str); 12] = [
    ("UPDATE tasks SET status = 'error' WHERE id = 1", ": 2 of 2 blobs confirmed"),
    ("SELECT 1", "tasks 1: went from success to error"),
    ("SELECT 1", "execution 1: was counted as"),
    (
        "UPDATE tasks SET lease_token = gen_random_uuid() WHERE id = 2",
        "task 2: has a lease although it is over",
    ),
    ("DELETE FROM task_logs WHERE task_id = 3 AND n = 1", "task 3: its log has"),
    (
        r#"INSERT INTO task_logs (task_id, n, attempt, lines)
           SELECT id, log_lines + 1, 1, '[{"at": "2026-03-01T12:00:00Z", "level": "error", "message": "failed"}]'
           FROM tasks WHERE id = 4"#,
        "task 4: is success, but the last line of its log is: failed",
    ),
    ("UPDATE tasks SET attempt = 2 WHERE id = 5", "success, but the engine has no job of its attempt 2"),
    ("UPDATE tasks SET digest = 'sha256:0' WHERE id = 6", "task 6: nobody wanted shop/app@sha256:0"),
    ("SELECT 1", "has 0 tasks, not one"),
    ("UPDATE tasks SET status = 'running', ended_at = NULL WHERE id = 7", "still running"),
    ("DELETE FROM tasks WHERE id = 8", "tasks 8: went from success to deleted"),
    (
        "INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority)
         VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'forewarm.tasks', '{}', 'Pending', 0, 25, now(), 0)",
        "a ticket is left over: forewarm.tasks Pending",
    ),
];

#[tokio::test]
async fn the_checker_sees_every_row_that_was_tampered_with() {
    let hours = Hours::start(10).await;
    hours.lab.run_dry().await;
    hours.verdict(true).await.assert_clean();

    for (statement, complaint) in TAMPERED {
        sqlx::query(statement).execute(hours.lab.store.pool()).await.unwrap();
        let complaints = hours.verdict(false).await.complaints;
        assert!(complaints.iter().any(|text| text.contains(complaint)), "{statement}: {complaints:#?}");
    }
}

#[tokio::test]
async fn the_checker_sees_a_success_that_the_engine_did_not_have() {
    let hours = Hours::start(1).await;
    hours.engine.behave_all(&Behaviour::Fail("disk full".to_owned()));
    hours.lab.run_dry().await;
    hours.verdict(false).await.assert_clean();

    let lie = "UPDATE tasks SET status = 'success'";
    sqlx::query(lie).execute(hours.lab.store.pool()).await.unwrap();

    let complaints = hours.verdict(false).await.complaints.join("\n");
    assert!(complaints.contains("is SUCCESS with 0 of 2 blobs"), "{complaints}");
}

#[tokio::test]
async fn the_checker_sees_what_was_submitted_twice_and_what_nobody_submitted() {
    let hours = Hours::start(2).await;
    hours.lab.run_dry().await;
    let first = hours.engine.jobs().remove(0);

    submit(&hours, &first.bio, &first.urls[0]).await;
    submit(&hours, &first.bio.replace("attempt=1", "attempt=2"), &first.urls[0]).await;
    submit(&hours, "somebody else's", &first.urls[0]).await;

    let complaints = hours.verdict(true).await.complaints.join("\n");
    for complaint in
        ["submitted twice in attempt 1: jobs 1 and 3", "job 4 of 'dragonfly' belongs to no task", "job 5 of"]
    {
        assert!(complaints.contains(complaint), "{complaint}: {complaints}");
    }
}

#[tokio::test]
async fn the_checker_sees_what_the_api_counts_wrongly() {
    let hours = Hours::start(2).await;
    hours.lab.run_dry().await;
    let told = |counts| vec![(hours.executions[0], json!({"status": "success", "counts": counts}))];

    let right = hours.case(true).judge(&told(json!({"success": 2, "error": 0, "total": 2}))).await;
    let wrong = hours.case(true).judge(&told(json!({"success": 1, "running": 1, "total": 2}))).await;

    right.assert_clean();
    assert!(wrong.complaints[0].contains("the API counts"), "{:?}", wrong.complaints);
}

/// Asks the engine for a job past everybody.
async fn submit(hours: &Hours, mark: &str, url: &str) {
    let body = json!({"type": "preheat", "bio": mark, "args": {"type": "image", "url": url}});
    let request = client().post(format!("{}/oapi/v1/jobs", hours.engine.url())).bearer_auth(TEST_TOKEN);
    assert_eq!(request.json(&body).send().await.unwrap().status(), 200);
}
