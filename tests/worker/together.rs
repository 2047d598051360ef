//! What many tasks do at one moment costs little more than what one does.

use std::time::Duration;

use forewarm_domain::job::Turn;
use forewarm_store::tasks::Step;

use super::*;

impl Scene {
    /// Fills the registry with this many images.
    fn holds(&self, count: usize) {
        let names: Vec<String> = (0..count).map(|i| format!("shop/web:v{i}")).collect();
        self.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    }

    async fn tickets(&self) -> i64 {
        let count = sqlx::query_scalar("SELECT count(*) FROM apalis.jobs WHERE status = 'Pending'");
        count.fetch_one(self.lab.store.pool()).await.unwrap()
    }
}

#[tokio::test]
async fn tasks_that_become_due_together_share_a_ticket() {
    let scene = Scene::start().await;
    scene.holds(100);
    scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");

    assert_eq!(scene.tickets().await, 2, "of 64 tasks at most");
}

#[tokio::test]
async fn many_jobs_are_asked_for_by_a_page_of_the_managers_list() {
    let scene = Scene::start().await;
    scene.holds(100);
    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.counts.success, 100);
    let single = scene.engine.recorder().count("GET", "/oapi/v1/jobs/");
    let all = scene.engine.recorder().count("GET", "/oapi/v1/jobs");
    assert!(all < 50, "{all} requests, {single} of them for one job");
}

#[tokio::test]
async fn a_list_that_cannot_be_read_leaves_the_tasks_waiting_and_is_not_asked_for_a_hundred_times() {
    let scene = Scene::start().await;
    scene.holds(100);
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    scene.engine.recorder().clear();
    scene.engine.faults().on("GET", "/oapi/v1/jobs").always().inject(Fault::bad_gateway());

    scene.lab.advance(45);
    scene.lab.run_due().await;

    let asked = scene.engine.recorder().count("GET", "/oapi/v1/jobs");
    assert!(asked < 50, "{asked} requests");
    let message = &scene.lab.tasks(id).await[99].message;
    assert!(message.contains("does not say how it is going") && message.contains("502"), "{message}");
    scene.engine.faults().clear();
    scene.lab.run_dry().await;
    assert_eq!(scene.lab.execution(id).await.counts.success, 100);
}

#[tokio::test]
async fn an_end_that_cannot_be_written_does_not_keep_others_from_being_written() {
    let scene = Scene::start().await;
    scene.holds(5);
    let id = scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    let turns: Vec<Turn> =
        scene.lab.tasks(id).await.iter().map(|task| Turn { task_id: task.id, seq: 1 }).collect();
    let tasks = scene.lab.store.tasks();
    let begun = tasks.begin(&turns, Duration::from_secs(30)).await.unwrap();

    let ends = begun.iter().zip(0..).map(|(task, i)| {
        // No text of Postgres may hold a zero.
        let message = if i == 2 { "broken\0".to_owned() } else { "failed".to_owned() };
        tasks.record(task.lease, task.stage, Step::Failed { message, report: None }, &[])
    });
    let ends: Vec<Option<bool>> = futures::future::join_all(ends).await.into_iter().map(Result::ok).collect();

    assert_eq!(ends, [Some(true), Some(true), None, Some(true), Some(true)]);
    assert_eq!(scene.lab.execution(id).await.counts.error, 4);
}
