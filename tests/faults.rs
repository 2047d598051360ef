//! Real processes, databases, registries and engines, broken while executions run; an independent checker says what became
//! of it all.

mod calamity;
mod chance;
mod checker;
mod cluster;
mod crew;
mod database;
mod deaths;
mod disk;
mod engine;
mod fail_points;
mod haste;
mod hours;
mod network;
mod overload;
mod registry;
mod rows;
mod scene;
mod soak;
mod stopping;
mod time;

use std::time::Instant;

use checker::Verdict;
use scene::{Scene, Setup};

/// Sets a scene, breaks it, waits until all is done, and judges.
async fn break_while_running(setup: Setup, fault: impl AsyncFnOnce(&mut Scene)) -> Verdict {
    let mut scene = Scene::start(setup).await;
    let begun = Instant::now();
    fault(&mut scene).await;
    let broken = begun.elapsed();
    scene.until_done().await;
    eprintln!("broken for {broken:.1?}, whole again after {:.1?}", begun.elapsed() - broken);
    scene.verdict().await
}
