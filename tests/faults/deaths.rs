//! Processes that are killed.

use super::break_while_running;
use super::scene::{Scene, Setup};

const KILLS: usize = 30;

#[tokio::test(flavor = "multi_thread")]
async fn dozens_of_killed_workers_and_servers_lose_nothing_and_ask_for_nothing_twice() {
    let setup = Setup { executions: 2, workers: 3, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for kill in 0..KILLS {
            scene.chance.pause(100..1000).await;
            // Each lives long enough to get work into its hands.
            match kill % 7 {
                6 => scene.replace_server().await,
                _ => scene.replace_worker(kill % 3).await,
            }
        }
    })
    .await;
    verdict.assert_clean();
}
