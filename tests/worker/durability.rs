//! Processes that die, freeze or lose an answer: nothing asked twice, nothing lost.

use std::time::Duration;

use forewarm_domain::job::Turn;
use forewarm_store::tasks::Assignment;
use forewarm_worker::{Settings, Worker};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::outbound::outbound;
use crate::support::postgres::break_inserts;

#[tokio::test]
async fn a_ticket_that_is_delivered_twice_asks_the_engine_once() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1);

    // The ticket of the submission once more, as after a lost acknowledgement.
    let task = &scene.lab.tasks(id).await[0];
    sqlx::query(
        "INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority)
         VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'forewarm.tasks', $1, 'Pending', 0, 25, $2, 0)",
    )
    .bind(format!(r#"{{"job":"submit_tasks","tasks":[{{"task_id":{},"seq":1}}]}}"#, task.id).into_bytes())
    .bind(scene.lab.clock.now())
    .execute(scene.lab.store.pool())
    .await
    .unwrap();
    scene.lab.run_due().await;

    assert_eq!(scene.submissions(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_before_the_engine_is_asked_again() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::DropAfter);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.submissions(), 1, "the engine had the job: it was adopted");
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_again_when_the_engine_cannot_say_and_costs_no_attempt() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::DropAfter);
    scene.engine.faults().on("GET", "/oapi/v1/jobs").times(25).inject(Fault::status(503, "no backend"));

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!((task.status, task.attempt), (Status::Success, 1), "{}", task.message);
    assert_eq!(scene.submissions(), 1, "the engine had the job: it was adopted");
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_exactly_once_more() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::DropBefore);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.submissions(), 2);
    assert_eq!(scene.engine.jobs().len(), 1);
}

#[tokio::test]
async fn a_worker_that_dies_over_a_submission_is_replaced_and_its_job_adopted() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    // A process takes the lease, asks the engine, and dies before it can write that down.
    let task = scene.lab.tasks(id).await.remove(0);
    let lease = Duration::from_secs(30);
    let held = begin(&scene, task.id, lease).await;
    assert!(scene.lab.store.tasks().note_submission(held.lease, &[]).await.unwrap());
    post_as(&scene, &held).await;

    scene.lab.run_due().await;
    scene.lab.worker.sweep().await;
    scene.lab.run_due().await;
    assert_eq!(scene.lab.tasks(id).await[0].engine_job, None, "its lease is respected");
    scene.lab.advance(31);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.engine.jobs().len(), 1, "the job of the dead process was adopted");
}

#[tokio::test]
async fn a_frozen_worker_that_wakes_up_late_changes_nothing() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    let task = scene.lab.tasks(id).await.remove(0);
    let lease = Duration::from_secs(30);
    let frozen = begin(&scene, task.id, lease).await;
    scene.lab.advance(31);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;
    assert_eq!(scene.lab.tasks(id).await[0].status, Status::Success);

    let late = forewarm_store::tasks::Step::Failed { message: "too late".to_owned(), report: None };
    let recorded = scene.lab.store.tasks().record(frozen.lease, frozen.stage, late, &[]).await.unwrap();

    assert!(!recorded);
    assert_eq!(scene.lab.tasks(id).await[0].status, Status::Success);
}

#[tokio::test]
async fn a_ticket_that_was_lost_is_written_anew_by_the_sweep() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    sqlx::query("DELETE FROM apalis.jobs").execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.run_dry().await;
    assert_eq!(scene.lab.execution(id).await.status, Status::Pending);

    scene.lab.advance(61);
    scene.lab.worker.sweep().await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    sqlx::query("DELETE FROM apalis.jobs").execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.advance(61);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
}

#[tokio::test]
async fn a_ticket_that_waits_in_a_long_queue_keeps_its_place() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    let tickets = "SELECT array_agg(id ORDER BY id) FROM apalis.jobs";
    let before: Vec<String> = sqlx::query_scalar(tickets).fetch_one(scene.lab.store.pool()).await.unwrap();

    scene.lab.advance(120);
    scene.lab.worker.sweep().await;

    let after: Vec<String> = sqlx::query_scalar(tickets).fetch_one(scene.lab.store.pool()).await.unwrap();
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_slow_database_does_not_lock_an_expansion_against_its_own_lease() {
    let lab = Lab::in_real_time().await;
    let images = FakeRegistry::start().await.unwrap();
    images.holds(&["shop/web:v1"]);
    let registry = lab.registry("hub", &images.url()).await;
    let instance = lab.instance(Lab::draft("cache", "mirror", &images.url())).await;
    // Writing tasks takes longer than a third of the lease, so that the lease is renewed in the middle of it.
    for statement in [
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(2.5); RETURN NULL; END'",
        "CREATE TRIGGER dawdle AFTER INSERT ON tasks FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
    ] {
        sqlx::query(statement).execute(lab.store.pool()).await.unwrap();
    }
    let id = lab.execute(Lab::select(&registry, vec![], &[&instance])).await;
    let settings = Settings { lease: Duration::from_secs(3), ..Settings::default() };
    let worker = Worker::new(lab.store.clone(), outbound(), settings);

    let expanded = tokio::time::timeout(Duration::from_secs(30), worker.run_one()).await;

    assert_eq!(expanded, Ok(true), "it waits for itself");
    assert!(lab.execution(id).await.expanded);
}

#[tokio::test]
async fn a_question_that_took_too_long_to_note_is_noted_anew_before_it_is_asked() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    for statement in [
        "CREATE SEQUENCE notes",
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS
         'BEGIN IF nextval(''notes'') = 1 THEN PERFORM pg_sleep(1); END IF; RETURN NEW; END'",
        "CREATE TRIGGER dawdle BEFORE UPDATE ON tasks FOR EACH ROW
         WHEN (NEW.submitted_at IS DISTINCT FROM OLD.submitted_at) EXECUTE FUNCTION dawdle()",
    ] {
        sqlx::query(statement).execute(scene.lab.store.pool()).await.unwrap();
    }
    let settings = Settings { lease: Duration::from_millis(500), ..Settings::default() };
    let hasty = Worker::new(scene.lab.store.clone(), outbound(), settings);

    while hasty.run_one().await {}
    let asked = scene.submissions();
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    let log = scene.lab.log(task.id).await.join("\n");
    assert!(log.contains("not asked: the database took 1."), "{log}");
    assert_eq!((asked, task.attempt, task.status), (1, 1, Status::Success), "{log}");
}

#[tokio::test]
async fn what_the_engine_finished_while_nobody_looked_is_a_success_however_late() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;

    scene.lab.advance(2 * 3600);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!(task.status, Status::Success, "{}", task.message);
}

#[tokio::test]
async fn whoever_gives_up_in_the_middle_leaves_no_transaction_open() {
    let lab = Lab::start().await;
    for patience in 0..200 {
        // Given up after as many looks, somewhere between the first statement and the last.
        let executions = lab.store.executions();
        let mut wish = std::pin::pin!(executions.stop(patience));
        for _ in 0..patience % 20 {
            if futures::poll!(wish.as_mut()).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
    }

    let open =
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'";
    let begun = std::time::Instant::now();
    loop {
        let open: i64 = sqlx::query_scalar(open).fetch_one(lab.store.pool()).await.unwrap();
        if open == 0 {
            break;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{open} transactions stay open");
    }
}

/// Takes the lease of a task for its first step.
async fn begin(scene: &Scene, task_id: i64, lease: Duration) -> Assignment {
    let mut begun = scene.lab.store.tasks().begin(&[Turn { task_id, seq: 1 }], lease).await.unwrap();
    begun.pop().expect("nobody else has it")
}

/// Asks the engine the way a worker does for this assignment.
async fn post_as(scene: &Scene, held: &Assignment) {
    let forewarm_domain::task::Target::Image(image) = &held.target else { panic!("an image") };
    let url = format!("{}/v2/{}/manifests/{}", scene.images.url(), image.repository, image.digest);
    let mark = format!(
        "forewarm execution={} task={} attempt={}",
        held.lease.execution_id, held.lease.task_id, held.lease.attempt
    );
    let body = serde_json::json!({"type": "preheat", "bio": mark, "args": {"type": "image", "url": url}});
    let request = reqwest::Client::new().post(format!("{}/oapi/v1/jobs", scene.engine.url()));
    let answer = request.bearer_auth(forewarm_fake::dragonfly::TEST_TOKEN).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

#[tokio::test]
async fn a_worker_that_has_seen_all_its_work_end_begins_none_any_more() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let leaving = Worker::new(scene.lab.store.clone(), outbound(), Settings::default());
    let stop = CancellationToken::new();
    stop.cancel();
    leaving.run(stop).await;

    // As a handler that the queue had started before, and that comes to run only now.
    let id = scene.execute(vec![]).await;
    let late = tokio::time::timeout(Duration::from_secs(1), leaving.run_one()).await;

    assert!(late.is_err(), "its ticket is never acknowledged, and so goes to another");
    let begun =
        sqlx::query_scalar("SELECT count(*) FROM executions WHERE id = $1 AND lease_token IS NOT NULL");
    let begun: i64 = begun.bind(id).fetch_one(scene.lab.store.pool()).await.unwrap();
    assert_eq!(begun, 0, "a lease would be nobody's");
    assert_eq!(scene.lab.execution(id).await.status, Status::Pending);
}

#[tokio::test]
async fn an_expansion_whose_workers_died_has_as_much_patience_with_a_registry_as_any() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    for _ in 0..12 {
        // A process takes the lease and dies.
        let lease = Duration::from_secs(30);
        assert!(scene.lab.store.executions().begin_expansion(id, 0, lease).await.unwrap().is_some());
        scene.lab.advance(31);
    }
    scene.images.faults().on("GET", "/v2/_catalog").times(7).inject(Fault::bad_gateway());

    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success, "{}", execution.message);
}

#[tokio::test]
async fn a_database_that_fails_breaks_an_expansion_off_and_never_ends_it() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    break_inserts(scene.lab.store.pool(), "tasks", 15).await;

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success, "{}", execution.message);
}

#[tokio::test]
async fn an_expansion_that_never_comes_to_an_end_is_given_up_at_last() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    break_inserts(scene.lab.store.pool(), "tasks", 1_000).await;

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Error);
    let beginning =
        "given up: begun 20 times and never brought to an end; last message: broken off, trying again: ";
    assert!(execution.message.starts_with(beginning), "{}", execution.message);
    assert!(execution.message.contains("broken on purpose"), "{}", execution.message);
}

#[tokio::test]
async fn a_dead_process_whose_clock_was_fast_holds_its_tickets_no_longer_than_others() {
    let scene = Scene::start().await;
    let pool = scene.lab.store.pool();
    let worker = "INSERT INTO apalis.workers (id, worker_type, storage_name, layers, last_seen)
                  VALUES ('fast', 'forewarm.tasks', '', '', now() + interval '1 hour')";
    sqlx::query(worker).execute(pool).await.unwrap();

    scene.lab.worker.sweep().await;

    let is_over = "SELECT last_seen <= now() FROM apalis.workers WHERE id = 'fast'";
    assert!(sqlx::query_scalar::<_, bool>(is_over).fetch_one(pool).await.unwrap());
}
