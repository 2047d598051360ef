//! Times at which nobody was there.

use forewarm_domain::trigger::{Missed, Schedule};

use super::{Scene, at, schedule};

fn skipping(cron: &str) -> Schedule {
    Schedule { missed: Missed::Skip, ..schedule(cron) }
}

#[tokio::test]
async fn one_run_makes_up_for_all_missed_times_and_says_which() {
    let scene = Scene::start().await;
    let policy = scene.scheduled("@hourly").await;

    scene.fire_at("2026-03-01T15:30:00Z").await;

    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T13:00:00Z")]);
    assert_eq!(scene.next_fire_at(&policy).await, Some(at("2026-03-01T16:00:00Z")));
    let warning =
        "makes up for 3 times from 2026-03-01T13:00:00Z to 2026-03-01T15:00:00Z, when no worker was running";
    assert_eq!(scene.executions().await[0].warnings, [warning]);
}

#[tokio::test]
async fn a_run_that_makes_up_for_missed_times_makes_up_for_the_one_that_is_just_due_too() {
    let scene = Scene::start().await;
    scene.scheduled("@hourly").await;

    scene.fire_at("2026-03-01T15:00:10Z").await;
    scene.fire_at("2026-03-01T15:00:11Z").await;

    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T13:00:00Z")]);
}

#[tokio::test]
async fn a_single_missed_time_and_countless_ones_are_named_too() {
    let scene = Scene::start().await;
    scene.create(&scene.draft("daily", schedule("0 13 * * *"))).await;
    scene.create(&scene.draft("minutely", schedule("* * * * *"))).await;

    scene.fire_at("2026-03-01T18:00:30Z").await;

    let executions = scene.executions().await;
    let warnings: Vec<&str> =
        executions.iter().flat_map(|execution| &execution.warnings).map(String::as_str).collect();
    let expected = [
        "makes up for more than 100 times since 2026-03-01T12:01:00Z, when no worker was running",
        "makes up for the time 2026-03-01T13:00:00Z, when no worker was running",
    ];
    assert_eq!(warnings, expected);
}

#[tokio::test]
async fn a_policy_that_skips_does_not_run_for_missed_times() {
    let scene = Scene::start().await;
    let policy = scene.create(&scene.draft("nightly", skipping("@hourly"))).await;

    scene.fire_at("2026-03-01T15:30:00Z").await;
    assert_eq!(scene.executions().await, []);
    assert_eq!(scene.next_fire_at(&policy).await, Some(at("2026-03-01T16:00:00Z")));

    scene.fire_at("2026-03-01T16:00:00Z").await;
    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T16:00:00Z")]);
}

#[tokio::test]
async fn a_policy_that_skips_still_runs_for_a_time_that_is_just_due() {
    let scene = Scene::start().await;
    let policy = scene.create(&scene.draft("nightly", skipping("@hourly"))).await;

    scene.fire_at("2026-03-01T15:00:10Z").await;

    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T15:00:00Z")]);
    assert_eq!(scene.executions().await[0].warnings, Vec::<String>::new());
    assert_eq!(scene.next_fire_at(&policy).await, Some(at("2026-03-01T16:00:00Z")));
}

#[tokio::test]
async fn a_time_that_is_seen_within_a_minute_is_not_missed() {
    for draft in [schedule("* * * * *"), skipping("* * * * *")] {
        let scene = Scene::start().await;
        scene.create(&scene.draft("minutely", draft)).await;

        scene.fire_at("2026-03-01T12:02:00Z").await;

        let times = ["2026-03-01T12:01:00Z", "2026-03-01T12:02:00Z"].map(at);
        assert_eq!(scene.scheduled_for().await, times);
        assert!(scene.executions().await.iter().all(|execution| execution.warnings.is_empty()));
    }
}

#[tokio::test]
async fn a_schedule_whose_calendar_has_ended_is_not_due_again() {
    let scene = Scene::start().await;
    let policy = scene.scheduled("0 13 1 3 *").await;
    scene.fire_at("2100-03-01T13:00:00Z").await;

    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T13:00:00Z")]);
    assert_eq!(scene.next_fire_at(&policy).await, None);
}
