//! Ten thousand preheats that an engine works on for minutes, held and looked at by one worker.

use std::time::{Duration, Instant, SystemTime};

use anyhow::ensure;
use serde_json::json;

use super::run::namespace;
use crate::bench::Bench;
use crate::figure::Figure;
use crate::scene::{QUICK, SLOW, Scene};
use crate::statistics::{median, milliseconds};
use crate::usage;

const PATIENCE: Duration = Duration::from_secs(600);
const LOOK: Duration = Duration::from_millis(500);

#[derive(Debug, Clone, Copy)]
struct Round {
    held: f64,
    memory: f64,
    /// Percent of one core while nothing but waiting is to be done.
    cpu: f64,
    /// Until another execution's first task reached another engine, in milliseconds.
    beside: f64,
}

pub async fn measure(bench: &mut Bench) -> anyhow::Result<Vec<Figure>> {
    let size = if bench.quick { 1_000 } else { 10_000 };
    let mut rounds = Vec::new();
    for _ in 0..bench.rounds {
        let round = round(bench, size).await?;
        eprintln!("  {round:.2?}");
        rounds.push(round);
    }
    let of = |what: &str, unit, value: fn(&Round) -> f64| {
        let values: Vec<f64> = rounds.iter().map(value).collect();
        Figure::new(what, median(&values), unit).rounds(values)
    };
    Ok(vec![
        of("in flight at the engine, tracked by one worker", "", |round| round.held).at_least(size as f64),
        of("  memory of that worker at most", "MiB", |round| round.memory).at_most(150.0),
        of("  CPU of that worker while waiting, of one core", "%", |round| round.cpu).at_most(10.0),
        of("  first submit of another execution meanwhile", "ms", |round| round.beside).at_most(100.0),
    ])
}

async fn round(bench: &mut Bench, size: usize) -> anyhow::Result<Round> {
    let (many, one) = (namespace(bench, size).await?, "beside");
    bench.fakes.push("beside/app", "v1").await?;
    // The rhythm of looking is the one that nobody has changed.
    let scene = Scene::set(bench, None).await?;
    scene.policy(&many, SLOW, &json!({"type": "manual"})).await?;
    scene.policy(one, QUICK, &json!({"type": "manual"})).await?;
    let worker = scene.worker(bench, &[])?;
    let before = bench.fakes.held().await?;
    let id = scene.api.execute(&many).await?;
    let begun = Instant::now();
    while bench.fakes.held().await? < before + size {
        ensure!(begun.elapsed() < PATIENCE, "the engine never got all {size}");
        tokio::time::sleep(LOOK).await;
    }
    let all_run = |execution: &serde_json::Value| execution["counts"]["running"] == size;
    scene.api.until(id, PATIENCE, all_run).await?;

    // Twice the time after which each job is looked at for the first time.
    let window = Duration::from_secs(if bench.quick { 20 } else { 64 });
    let (start, used) = (Instant::now(), usage::cpu(worker.pid()?)?);
    tokio::time::sleep(window).await;
    let used = usage::cpu(worker.pid()?)? - used;
    let cpu = 100.0 * used.as_secs_f64() / start.elapsed().as_secs_f64();

    bench.fakes.forget().await?;
    let asked = SystemTime::now();
    scene.api.execute(one).await?;
    let beside = milliseconds(bench.fakes.first_arrival().await?.duration_since(asked)?);
    let execution = scene.api.until(id, PATIENCE, |_| true).await?;
    ensure!(all_run(&execution), "they are no longer all in flight: {execution}");
    let held = (bench.fakes.held().await? - before) as f64;
    let memory = usage::peak_memory(worker.pid()?)?;
    worker.stop().await?;
    scene.strike(bench).await?;
    Ok(Round { held, memory, cpu, beside })
}
