//! More clients than there should be.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::join_all;
use serde_json::Value;

use super::break_while_running;
use super::scene::{RUN, Scene, Setup};

const CLIENTS: usize = 200;
const ROUNDS: usize = 2;
/// What the server's process may occupy; a debug build, with its own allocator's waste.
const MEMORY_MIB: u64 = 250;

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_clients_at_once_are_answered_or_told_to_wait_and_no_accepted_execution_is_lost() {
    let setup = Setup { images: 1, executions: 0, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        let answers: Vec<(u16, Value)> = join_all((0..CLIENTS).map(|_| besiege(scene))).await.concat();

        let mut statuses = BTreeMap::new();
        answers.iter().for_each(|(status, _)| *statuses.entry(*status).or_insert(0) += 1);
        eprintln!("answers by status: {statuses:?}");
        assert!(statuses.keys().all(|status| [200, 201, 429, 503].contains(status)), "{statuses:?}");
        assert!(scene.server.process.try_wait().unwrap().is_none(), "it died of it");
        let accepted = answers.iter().filter(|(status, _)| *status == 201);
        let mut accepted: Vec<i64> =
            accepted.map(|(_, execution)| execution["id"].as_i64().unwrap()).collect();
        accepted.sort_unstable();
        scene.executions = scene.every_execution().await;
        scene.executions.sort_unstable();
        assert!(!accepted.is_empty(), "none was accepted");
        assert_eq!(scene.executions, accepted, "what was started is what clients were told of");
        scene.server.wait_until("/readyz", |status, _| status == 200).await;
        let memory = memory_mib(scene.server.process.id().unwrap());
        assert!(memory < MEMORY_MIB, "{memory} MiB");
        // The limit of requests a second must be over before the checker asks.
        tokio::time::sleep(Duration::from_secs(10)).await;
    })
    .await;
    verdict.assert_clean();
}

/// One client: runs the policy and lists executions, again and again without a pause.
async fn besiege(scene: &Scene) -> Vec<(u16, Value)> {
    let mut answers = Vec::new();
    for _ in 0..ROUNDS {
        answers.push(scene.server.post(RUN, &serde_json::json!({})).await);
        answers.push(scene.server.get("/api/v1/executions?page_size=100").await);
    }
    answers
}

fn memory_mib(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap() / 1024
}
