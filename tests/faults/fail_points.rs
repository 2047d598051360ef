//! Processes that die at a chosen line.

use std::os::unix::process::ExitStatusExt;

use rustix::process::Signal;

use super::break_while_running;
use super::scene::{Scene, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn workers_that_die_between_the_engines_answer_and_its_record_ask_for_nothing_twice() {
    let setup = Setup { workers: 0, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for _ in 0..4 {
            for point in ["submitted", "recording"] {
                let armed = format!("{point}={}", 1 + scene.chance.below(12));
                scene.hire(&[("FAILPOINTS", &armed), ("FOREWARM_MAX_CALLS", "8")]);
            }
            for mut worker in scene.crew.split_off(0) {
                assert_eq!(worker.ended().await.signal(), Some(Signal::ABORT.as_raw()), "by its fail point");
            }
        }
        scene.hire(&[]);
    })
    .await;
    verdict.assert_clean();
}
