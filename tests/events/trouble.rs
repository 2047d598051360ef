//! Processes that die and registries that are away: nothing is lost, and nothing is done twice.

use std::time::Duration;

use forewarm_domain::event::EventKind::{Push, ScanCompleted};
use forewarm_domain::status::Status;
use forewarm_fake::Fault;
use forewarm_fake::registry::ImageSpec;

use crate::support::postgres::break_inserts;

use super::scene::{Scene, image, reason, repository, tag, verdict};

#[tokio::test]
async fn a_process_that_dies_over_an_evaluation_is_replaced() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    let event = scene.event(told).await;
    scene.lab.advance(3);
    let lease = Duration::from_secs(30);
    let held = scene.lab.store.events().begin(event.id, 0, lease).await.unwrap().unwrap();

    scene.lab.run_due().await;
    scene.lab.worker.sweep().await;
    scene.lab.run_due().await;
    assert!(scene.started().await.is_empty(), "its lease is respected");
    scene.lab.advance(31);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;
    assert_eq!(scene.started().await, ["all"]);

    let late = scene.lab.store.events().end(held.lease, true, "too late", &Default::default()).await.unwrap();
    assert!(!late, "what wakes up late changes nothing");
    assert_eq!(scene.event(told).await.status, "done");
}

#[tokio::test]
async fn an_evaluation_that_is_done_again_starts_nothing_again() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    scene.policy("versions", &[Push], vec![tag("v*")]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;
    let before = scene.event(told).await;

    // It died after the executions were started and before that was written down.
    let undo =
        "UPDATE events SET status = 'running', lease_token = gen_random_uuid(), due_at = $1, ended_at = NULL";
    sqlx::query(undo).bind(scene.lab.clock.now()).execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.advance(1);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    assert_eq!(scene.started().await, ["all", "versions"]);
    assert_eq!(scene.event(told).await.outcome, before.outcome);
}

#[tokio::test]
async fn a_ticket_that_was_lost_is_written_anew_by_the_sweep() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    scene.push("shop/web", &pushed.digest, "v1").await;
    sqlx::query("DELETE FROM apalis.jobs").execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.run_dry().await;
    assert!(scene.started().await.is_empty());

    scene.lab.advance(64);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    assert_eq!(scene.started().await, ["all"]);
}

#[tokio::test]
async fn a_registry_that_comes_back_is_asked_again() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let down = Fault::bad_gateway();
    scene.images.faults().on("GET", "/v2/").always().inject(down);

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.advance(3);
    assert!(scene.lab.worker.run_one().await);
    let event = scene.event(told).await;
    assert_eq!(event.status, "running");
    assert!(event.message.starts_with("attempt 1 of 6 failed, trying again: "), "{}", event.message);
    scene.images.faults().clear();
    scene.lab.run_dry().await;

    assert_eq!(scene.started().await, ["all"]);
    assert_eq!(scene.event(told).await.status, "done");
}

#[tokio::test]
async fn a_retry_of_a_run_that_could_not_start_is_about_the_tag_that_was_told_and_no_more() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2", "shop/api:v1"]);
    for method in ["HEAD", "GET"] {
        let away = scene.images.faults().on(method, "/v2/shop/web/manifests/v1").always();
        away.inject(Fault::bad_gateway());
    }
    scene.tell(Push, "shop/web", None, &["v1"]).await;
    scene.lab.run_dry().await;
    let execution = scene.executions().await.remove(0);
    assert_eq!((execution.status, execution.counts.total()), (Status::Error, 0));

    scene.images.faults().clear();
    scene.lab.store.executions().retry(execution.id).await.unwrap();
    scene.lab.run_dry().await;

    let tasks = scene.lab.tasks(execution.id).await;
    assert_eq!(tasks.len(), 1, "{tasks:#?}");
    assert_eq!(
        (&*image(&tasks[0]).repository, &*image(&tasks[0]).tags),
        ("shop/web", &["v1".to_owned()][..])
    );
}

#[tokio::test]
async fn a_registry_that_stays_away_leaves_an_execution_in_error_for_every_policy_that_could_match() {
    let mut scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    scene.policy("scans", &[ScanCompleted], vec![repository("web"), tag("v*")]).await;
    scene.policy("nightly", &[Push], vec![tag("nightly")]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    scene.images.stop().await;

    let push = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;
    let event = scene.event(push).await;
    assert_eq!(event.status, "error");
    assert_eq!(scene.started().await, ["all"]);
    let execution = scene.executions().await.remove(0);
    assert_eq!(execution.status, Status::Error);
    assert_eq!(execution.message, event.message);
    assert_eq!(verdict(&event, "all").execution_id, Some(execution.id));
    assert_eq!(reason(&event, "nightly"), "tag 'v1' does not match 'nightly'");

    scene.tell(ScanCompleted, "shop/web", Some(&pushed.digest), &[]).await;
    scene.tell(Push, "shop/web", Some(&pushed.digest), &[]).await;
    scene.lab.run_dry().await;
    assert_eq!(
        scene.started().await,
        ["all", "scans"],
        "nobody knows its tags, and a child of an index has none"
    );
}

#[tokio::test]
async fn an_event_waits_as_long_as_a_registry_asks_for_patience() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    scene.images.faults().on("GET", "/v2/").times(20).inject(Fault::too_many(60));

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.advance(3);
    scene.lab.run_due().await;
    let message = scene.event(told).await.message;
    assert!(message.starts_with("the registry asks for patience, trying again after 60 s: "), "{message}");
    scene.lab.run_dry().await;

    assert_eq!(scene.event(told).await.status, "done");
    assert_eq!(scene.started().await, ["all"]);
}

#[tokio::test]
async fn a_registry_that_refuses_us_is_not_asked_again() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    scene.images.faults().on("GET", "/v2/").always().inject(Fault::status(403, "no"));

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.advance(3);
    scene.lab.run_due().await;

    assert_eq!(scene.event(told).await.status, "error");
    assert_eq!(scene.executions().await[0].status, Status::Error);
}

#[tokio::test]
async fn what_is_old_is_pruned_and_executions_stay() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    for n in 0..5 {
        scene.lab.advance(10 + n);
        scene.push("shop/web", &pushed.digest, "v1").await;
        scene.lab.run_dry().await;
    }
    let rows = async |table: &str| -> i64 {
        let statement = format!("SELECT count(*) FROM {table}");
        sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(scene.lab.store.pool()).await.unwrap()
    };
    scene.lab.advance(6 * 24 * 3600);
    scene.lab.store.events().prune(1_000).await.unwrap();
    assert_eq!((rows("deliveries").await, rows("events").await, rows("event_keys").await), (5, 5, 0));
    let fresh = scene.push("shop/web", &pushed.digest, "v1").await;

    scene.lab.advance(24 * 3600 + 3600);
    assert_eq!(scene.lab.store.events().prune(2).await.unwrap(), 5, "two of each kind, and the one key");
    scene.lab.store.events().prune(1_000).await.unwrap();

    assert_eq!((rows("deliveries").await, rows("delivery_events").await, rows("events").await), (1, 1, 1));
    assert_eq!(scene.delivery(fresh.delivery_id).await.notices.len(), 1);
    assert_eq!(scene.executions().await.len(), 5);
}

#[tokio::test]
async fn an_evaluation_whose_workers_died_or_whose_database_failed_has_as_much_patience_as_any() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    let event = scene.event(told).await;
    scene.lab.advance(3);
    for _ in 0..7 {
        let lease = Duration::from_secs(30);
        assert!(scene.lab.store.events().begin(event.id, 0, lease).await.unwrap().is_some());
        scene.lab.advance(31);
    }
    break_inserts(scene.lab.store.pool(), "executions", 7).await;
    scene.images.faults().on("", "/v2/").times(5).inject(Fault::bad_gateway());

    scene.lab.run_dry().await;

    assert_eq!(
        (scene.event(told).await.status.as_str(), scene.started().await),
        ("done", vec!["all".into()])
    );
}
