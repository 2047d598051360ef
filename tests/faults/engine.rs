//! Engines that break, for hours of their time.

use std::time::Duration;

use forewarm_fake::Fault;
use forewarm_fake::dragonfly::Behaviour;

use super::hours::Hours;

const JOBS: &str = "/oapi/v1/jobs";
const TASKS: usize = 24;
/// Where every task is looked at for an hour.
const FEW: usize = 8;

#[tokio::test]
async fn an_engine_that_answers_429_and_500_in_storms_gets_everything_once() {
    let hours = Hours::start(TASKS).await;
    let broken = "{\"message\":\"Internal Server Error\"}";
    hours.engine.faults().on("POST", JOBS).times(2 * TASKS).inject(Fault::too_many(7));
    hours.engine.faults().on("POST", JOBS).times(TASKS).inject(Fault::status(500, broken));
    hours.engine.faults().on("GET", JOBS).times(3 * TASKS).inject(Fault::status(500, broken));

    hours.run_dry().await;

    let verdict = hours.verdict(true).await;
    verdict.assert_clean();
    assert_eq!((verdict.repeats.jobs, verdict.repeats.turned_away), (TASKS, 3 * TASKS));
}

#[tokio::test]
async fn half_answers_and_none_at_all_are_followed_up_and_never_asked_for_again() {
    let hours = Hours::start(TASKS).await;
    for fault in [Fault::Truncated, Fault::BreakMidBody, Fault::DropAfter, Fault::bad_gateway()] {
        hours.engine.faults().on("POST", JOBS).times(TASKS / 6).inject(fault.clone());
        hours.engine.faults().on("GET", JOBS).times(TASKS / 6).inject(fault);
    }

    hours.run_dry().await;

    let verdict = hours.verdict(true).await;
    verdict.assert_clean();
    assert_eq!(
        (verdict.repeats.jobs, verdict.repeats.turned_away),
        (TASKS, TASKS / 6),
        "a bad gateway takes nothing"
    );
}

#[tokio::test]
async fn an_engine_that_says_success_with_blobs_missing_is_not_believed() {
    let hours = Hours::start(TASKS).await;
    hours.engine.behave_all(&Behaviour::Flaky(20));

    hours.run_dry().await;

    let verdict = hours.verdict(true).await;
    verdict.assert_clean();
    assert!(verdict.repeats.after_failure >= 10, "{:?}", verdict.repeats);
}

#[tokio::test]
async fn an_engine_whose_peers_hang_is_given_up_and_asked_again() {
    let hours = Hours::start(FEW).await;
    hours.engine.behave_all(&Behaviour::Hang);
    hours.run_for(Duration::from_secs(600)).await;
    hours.engine.behave_all(&Behaviour::Ok(1000));

    hours.run_dry().await;

    hours.verdict(false).await.assert_clean();
}

#[tokio::test]
async fn an_engine_that_restarts_and_forgets_is_found_out() {
    let hours = Hours::start(FEW).await;
    hours.run_for(Duration::from_secs(5)).await;
    hours.engine.restart();
    hours.engine.crash_scheduler(1);

    hours.run_dry().await;

    let verdict = hours.verdict(false).await;
    verdict.assert_clean();
    assert_eq!(verdict.errors, FEW, "nobody knows what became of them");
}

#[tokio::test]
async fn an_engine_that_deletes_its_rows_is_not_said_to_have_succeeded() {
    let hours = Hours::start(TASKS).await;
    hours.run_for(Duration::from_secs(5)).await;
    for job in hours.engine.jobs().iter().step_by(3) {
        hours.engine.delete_job(job.id);
    }

    hours.run_dry().await;

    let verdict = hours.verdict(false).await;
    verdict.assert_clean();
    assert_eq!(verdict.errors, TASKS / 3, "those whose rows are gone");
}

#[tokio::test]
async fn an_engine_that_goes_away_for_an_hour_gets_everything_once_when_there_is_time_left() {
    let hours = Hours::patient(FEW, 2 * 3600).await;
    hours.engine.faults().on("POST", JOBS).skip(FEW / 2).always().inject(Fault::DropBefore);
    hours.run_for(Duration::from_secs(1)).await;
    hours.engine.faults().on("", "").always().inject(Fault::DropBefore);
    hours.run_for(Duration::from_secs(3600)).await;
    hours.engine.faults().clear();

    hours.run_dry().await;

    let verdict = hours.verdict(false).await;
    verdict.assert_clean();
    assert_eq!((verdict.errors, verdict.repeats.jobs), (0, FEW));
}

#[tokio::test]
async fn an_engine_that_goes_away_for_longer_than_a_task_has_is_given_up_with_the_reason() {
    let hours = Hours::start(FEW).await;
    hours.engine.faults().on("POST", JOBS).skip(FEW / 2).always().inject(Fault::DropBefore);
    hours.run_for(Duration::from_secs(1)).await;
    hours.engine.faults().on("", "").always().inject(Fault::DropBefore);
    hours.run_for(Duration::from_secs(2 * 3600)).await;
    hours.engine.faults().clear();

    hours.run_dry().await;

    let verdict = hours.verdict(false).await;
    verdict.assert_clean();
    assert_eq!((verdict.errors, verdict.repeats.jobs), (FEW, FEW / 2));
    for task in hours.lab.tasks(hours.executions[0]).await {
        assert!(task.message.contains("timeout"), "{}", task.message);
    }
}
