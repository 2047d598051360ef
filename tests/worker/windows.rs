//! How much is with an engine at one time, and how it is stopped.

use super::*;

#[tokio::test]
async fn stopping_ends_waiting_tasks_at_once_and_says_that_the_engine_may_go_on() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 2).await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3", "shop/web:v4"]);
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 2, "the window holds two");

    assert_eq!(scene.lab.store.executions().stop(id).await.unwrap(), Change::Done);
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.stopped), (Status::Stopped, 4));
    let messages: Vec<String> = scene.lab.tasks(id).await.into_iter().map(|task| task.message).collect();
    assert_eq!(
        messages.iter().filter(|text| text.contains("the engine may go on")).count(),
        2,
        "{messages:?}"
    );
    assert_eq!(messages.iter().filter(|text| text.contains("before the engine was asked")).count(), 2);
    assert_eq!(scene.submissions(), 2);
    assert_eq!(scene.lab.store.executions().stop(id).await.unwrap(), Change::Refused(Status::Stopped));
}

#[tokio::test]
async fn a_window_keeps_no_more_than_its_size_in_flight_and_lets_everything_through() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 3).await;
    let names: Vec<String> = (0..10).map(|i| format!("shop/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let id = scene.execute(vec![]).await;

    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 3);
    assert_eq!(scene.lab.execution(id).await.counts.running, 3);
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.counts.success, 10);
    assert_eq!(scene.submissions(), 10);
}

#[tokio::test]
async fn a_small_execution_is_not_held_up_by_a_large_one() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 2).await;
    let names: Vec<String> = (0..20).map(|i| format!("big/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.images.holds(&["small/web:v1"]);
    let big = scene.execute(vec![repository("big/**")]).await;
    scene.lab.run_due().await;
    let small = scene.execute(vec![repository("small/**")]).await;
    scene.lab.run_due().await;

    // The first two of the large one are done, and make room.
    scene.lab.advance(45);
    scene.lab.run_due().await;
    scene.lab.advance(45);
    scene.lab.run_due().await;

    assert_eq!(scene.lab.execution(small).await.status, Status::Success);
    assert_eq!(scene.lab.execution(big).await.status, Status::Running);
}

#[tokio::test]
async fn pacing_spreads_submissions_over_time() {
    let scene = Scene::with(Knobs::default(), |draft| draft.submits_per_second = Some(2.0)).await;
    let names: Vec<String> = (0..10).map(|i| format!("shop/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.execute(vec![]).await;

    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1);
    scene.lab.advance(2);
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 5, "one at the start, two a second since");
}

#[tokio::test]
async fn a_lowered_limit_holds_as_soon_as_there_are_fewer_in_flight() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 5).await;
    let names: Vec<String> = (0..10).map(|i| format!("shop/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.execute(vec![]).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 5);

    sqlx::query("UPDATE instances SET max_in_flight = 1").execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.advance(40);
    scene.lab.run_due().await;

    assert_eq!(scene.submissions(), 6, "five are done, one took their place");
}

#[tokio::test]
async fn a_stop_that_comes_when_all_is_done_does_not_call_it_stopped() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;
    // Its worker died between the last task and the execution's end.
    sqlx::query("UPDATE executions SET status = 'running', ended_at = NULL, final_counts = NULL")
        .execute(scene.lab.store.pool())
        .await
        .unwrap();

    let change = scene.lab.store.executions().stop(id).await.unwrap();

    assert_eq!(change, Change::Refused(Status::Success));
    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.success), (Status::Success, 1));
    assert!(execution.message.starts_with("1 artifact of 1 repository matched"), "{}", execution.message);
}

#[tokio::test]
async fn pages_far_into_an_execution_that_has_ended_hold_what_they_held_while_it_ran() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 2).await;
    let names: Vec<String> = (0..1_150).map(|i| format!("shop/app{}:v{i}", i % 5)).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    let offsets = [0, 450, 500, 550, 999, 1_000, 1_100, 1_150, 5_000];
    let running = pages(&scene, id, offsets).await;

    assert_eq!(scene.lab.store.executions().stop(id).await.unwrap(), Change::Done);

    assert_eq!(pages(&scene, id, offsets).await, running);
    let sizes = running.map(|page| page.len());
    assert_eq!(sizes, [100, 100, 100, 100, 100, 100, 50, 0, 0]);
    let marks: i32 = sqlx::query_scalar("SELECT cardinality(page_marks) FROM executions WHERE id = $1")
        .bind(id)
        .fetch_one(scene.lab.store.pool())
        .await
        .unwrap();
    assert_eq!(marks, 12, "the first task, the 101st, and so on to the 1101st");
}

/// Ids of the tasks of pages of a hundred.
async fn pages<const N: usize>(scene: &Scene, id: i64, offsets: [i64; N]) -> [Vec<i64>; N] {
    let mut pages = [const { Vec::new() }; N];
    for (page, offset) in pages.iter_mut().zip(offsets) {
        let (tasks, total) = scene.lab.store.tasks().list(id, None, 100, offset).await.unwrap();
        assert_eq!(total, 1_150);
        *page = tasks.iter().map(|task| task.id).collect();
    }
    pages
}
