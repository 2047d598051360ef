//! Processes that stand still, and processes whose clock is wrong.

use std::path::PathBuf;
use std::time::Duration;

use rustix::process::Signal;
use tokio::time::sleep;

use super::break_while_running;
use super::scene::{Scene, Setup};

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_is_frozen_past_its_leases_changes_nothing_when_it_wakes_up() {
    let verdict = break_while_running(Setup::default(), async |scene: &mut Scene| {
        for round in 0..2 {
            scene.until_jobs(20 + round * 50).await;
            freeze(scene, round % 2).await;
        }
    })
    .await;
    verdict.assert_clean();
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_whose_clocks_are_an_hour_off_work_with_the_others() {
    let Some(library) = faketime() else {
        eprintln!("skipped: there is no libfaketime here (package libfaketime)");
        return;
    };
    let setup = Setup { workers: 1, ..Setup::default() };
    let verdict = break_while_running(setup, async |scene: &mut Scene| {
        for offset in ["-1h", "+1h"] {
            hire_with_clock(scene, &library, offset);
        }
        scene.until_jobs(scene.tasks() / 2).await;
        // The one with the right clock goes: the others must end it among themselves.
        scene.crew.remove(0).kill().await;
    })
    .await;
    verdict.assert_clean();
}

/// SIGSTOP for longer than a lease and a sweep, then SIGCONT.
pub async fn freeze(scene: &Scene, worker: usize) {
    scene.crew[worker].signal(Signal::STOP);
    sleep(Duration::from_secs(9)).await;
    scene.crew[worker].signal(Signal::CONT);
}

/// A worker whose clock is off by this, like `+1h`.
pub fn hire_with_clock(scene: &mut Scene, library: &str, offset: &str) {
    let clock = [("LD_PRELOAD", library), ("FAKETIME", offset), ("FAKETIME_DONT_FAKE_MONOTONIC", "1")];
    scene.hire(&clock);
}

/// Where Debian's libfaketime lies: of the machine, or of this checkout (scripts/setup.sh).
pub fn faketime() -> Option<String> {
    let unpacked = concat!(env!("CARGO_MANIFEST_DIR"), "/../.cache/debian");
    ["", unpacked].iter().find_map(|root| {
        let machines = std::fs::read_dir(format!("{root}/usr/lib")).ok()?;
        let library = |machine: PathBuf| machine.join("faketime/libfaketime.so.1");
        let found = machines.flatten().map(|entry| library(entry.path())).find(|path| path.exists());
        Some(found?.to_str()?.to_owned())
    })
}
