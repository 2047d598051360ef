//! Processes that are asked to stop while they work.

use std::time::{Duration, Instant};

use forewarm_fake::Fault;
use rustix::process::Signal;

use super::break_while_running;
use super::scene::{PATIENCE, POLL, Scene, Setup};

/// What a process needs besides its drain time: to give leases back, and to end.
const MARGIN: Duration = Duration::from_secs(8);

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_are_asked_to_stop_end_within_their_drain_time_and_leave_nothing_half_written() {
    let setup = Setup { drain: "2", max_in_flight: 15, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for round in 1..=3 {
            scene.until_jobs(round * scene.tasks() / 5).await;
            hold_some_calls(scene).await;
            // Kept to the end of the round: a failure prints what they said.
            let mut stopped = scene.crew.split_off(0);
            for worker in &mut stopped {
                worker.ready().await;
                let (status, time) = worker.stopped().await;
                assert!(
                    status.success() && time < Duration::from_secs(2) + MARGIN,
                    "{status} after {time:?}"
                );
            }
            assert_eq!(scene.leases().await, 0, "every lease was given back");
            scene.hire(&[]);
            scene.hire(&[]);
        }
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_asked_to_stop_is_not_ready_before_it_has_ended_its_work() {
    let setup = Setup {
        images: 100,
        workers: 0,
        max_in_flight: 10,
        drain: "3",
        serve_works: true,
        ..Setup::default()
    };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        scene.until_jobs(scene.tasks() / 4).await;
        hold_some_calls(scene).await;
        assert_eq!(scene.server.get("/readyz").await.0, 200);

        scene.server.signal(Signal::TERM);
        scene.server.wait_until("/readyz", |status, _| status != 200).await;
        assert!(scene.server.process.try_wait().unwrap().is_none(), "not ready, but still at work");
        assert!(scene.server.process.wait().await.unwrap().success());
        assert_eq!(scene.leases().await, 0, "every lease was given back");
        scene.replace_server().await;
    })
    .await;
    verdict.assert_clean();
}

/// Makes some requests for jobs outlive every drain time; returns when the first is under way.
async fn hold_some_calls(scene: &Scene) {
    let posts = || scene.engine.recorder().count("POST", "/oapi/v1/jobs");
    let before = posts();
    let held = scene.engine.faults().on("POST", "/oapi/v1/jobs").times(3);
    held.inject(Fault::Delay(Duration::from_secs(9)));
    let begun = Instant::now();
    while posts() == before {
        assert!(begun.elapsed() < PATIENCE, "nothing is asked of the engine any more");
        tokio::time::sleep(POLL).await;
    }
}
