//! The long form (`make soak`): rounds of one execution of thousands of tasks, with one fault after the other, until the
//! time is up. Prints a line for each fault, and for each round what the checker found.

use std::time::{Duration, Instant};

use super::calamity::Calamity;
use super::chance::Chance;
use super::scene::{Scene, Setup};

/// Seconds that it goes on for.
const TIME: &str = "FOREWARM_SOAK";
/// No round is broken for longer than this, so that each ends.
const ROUND: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "goes on for as long as it is told: make soak"]
async fn whatever_breaks_at_random_costs_nothing_however_long_it_goes_on() {
    let seconds =
        std::env::var(TIME).ok().map_or(60, |text| text.parse().expect("FOREWARM_SOAK is a number"));
    let begun = Instant::now();
    let (mut chance, mut rounds, mut faults, mut tasks) = (Chance::new(), 0, 0, 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        rounds += 1;
        let mut scene = Scene::start_with(setup(), chance).await;
        println!("round {rounds}, {:.0} s: {} tasks", begun.elapsed().as_secs_f64(), scene.tasks());
        faults += break_at_random(&mut scene).await;
        scene.until_done().await;
        let verdict = scene.verdict().await;
        tasks += verdict.tasks;
        verdict.assert_clean();
        chance = scene.chance;
    }
    println!("{rounds} rounds, {faults} faults, {tasks} tasks, no complaint");
}

fn setup() -> Setup {
    Setup {
        images: 2000,
        workers: 3,
        max_in_flight: 500,
        cluster: Some(vec![("max_connections", "70"), ("deadlock_timeout", "50ms")]),
        all_succeed: false,
        ..Setup::default()
    }
}

/// One fault after the other while there is something left to ask the engine for; answers how many.
async fn break_at_random(scene: &mut Scene) -> usize {
    let begun = Instant::now();
    let mut faults = 0;
    while begun.elapsed() < ROUND && scene.engine.received().len() < scene.tasks() {
        let calamity = Calamity::any(&mut scene.chance);
        let (at, jobs) = (begun.elapsed().as_secs_f64(), scene.engine.received().len());
        println!("  {at:5.1} s, {jobs:4} jobs: {calamity:?}");
        calamity.strike(scene).await;
        faults += 1;
        scene.chance.pause(200..2000).await;
    }
    // A worker that stands at a fail point, or has died at one, does nothing more.
    scene.hire(&[]);
    faults
}
