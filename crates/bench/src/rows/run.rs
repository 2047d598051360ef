//! One execution on a fresh database, by one worker or several.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::{Value, json};

use crate::bench::Bench;
use crate::program::Program;
use crate::scene::{QUICK, Scene};
use crate::throttle::Throttle;
use crate::usage;

const PATIENCE: Duration = Duration::from_secs(3600);
/// Until a worker has taken its place in the queue.
const WARM_UP: Duration = Duration::from_secs(1);
const TAGS: usize = 100;

/// What it took.
#[derive(Debug)]
pub struct Run {
    /// Tasks a second.
    pub rate: f64,
    /// CPU seconds for a thousand tasks, in the order of [`GROUPS`].
    pub cpu: [f64; 4],
    /// Of the first worker at most, in MiB.
    pub memory: f64,
    /// The execution's id.
    pub id: i64,
}

pub const GROUPS: [&str; 4] = ["worker", "Postgres", "fakes", "server"];

/// The processes that do the work, each held to a share of a core where one is given.
#[derive(Debug, Clone, Copy)]
pub struct Workers {
    pub count: usize,
    pub share: Option<f64>,
}

/// A namespace of so many images; filled when it is first asked for.
pub async fn namespace(bench: &mut Bench, size: usize) -> anyhow::Result<String> {
    let namespace = format!("images-{size}");
    if bench.filled.insert(namespace.clone()) {
        bench.fakes.fill(&namespace, size / TAGS, TAGS).await?;
    }
    Ok(namespace)
}

/// Runs it to its end. The scene is left as it is then, without workers.
pub async fn run(bench: &mut Bench, size: usize, wanted: Workers) -> anyhow::Result<(Run, Scene)> {
    let namespace = namespace(bench, size).await?;
    bench.fakes.forget().await?;
    let scene = Scene::set(bench, Some(1)).await?;
    scene.policy(&namespace, QUICK, &json!({"type": "manual"})).await?;
    // Held to a share of one core, several threads would only be in each other's way.
    let threads: &[(&str, &str)] =
        if wanted.share.is_some() { &[("TOKIO_WORKER_THREADS", "1")] } else { &[] };
    let workers: Vec<Program> =
        (0..wanted.count).map(|_| scene.worker(bench, threads)).collect::<Result<_, _>>()?;
    bench.postgres.settle().await?;
    tokio::time::sleep(WARM_UP).await;
    let throttle = wanted.share.map(|share| Throttle::start(&workers, share)).transpose()?;
    let before = cpu(bench, &scene, &workers)?;
    let id = scene.api.execute(&namespace).await?;
    let execution = scene.api.success(id, PATIENCE).await?;
    let after = cpu(bench, &scene, &workers)?;
    drop(throttle);
    ensure!(execution["counts"]["success"] == size, "not all of {size} succeeded: {execution}");
    let memory = usage::peak_memory(workers[0].pid()?)?;
    for worker in workers {
        worker.stop().await?;
    }
    let thousands = size as f64 / 1000.0;
    let cpu = std::array::from_fn(|place| (after[place] - before[place]).as_secs_f64() / thousands);
    Ok((Run { rate: size as f64 / seconds(&execution)?, cpu, memory, id }, scene))
}

fn cpu(bench: &Bench, scene: &Scene, workers: &[Program]) -> anyhow::Result<[Duration; 4]> {
    let mut work = Duration::ZERO;
    for worker in workers {
        work += usage::cpu(worker.pid()?)?;
    }
    Ok([work, bench.postgres.cpu()?, usage::cpu(bench.fakes.pid()?)?, usage::cpu(scene.server.pid()?)?])
}

/// From the request to the end, both by the database's clock.
fn seconds(execution: &Value) -> anyhow::Result<f64> {
    let time = |name: &str| {
        let text = execution[name].as_str().context("a time of the execution")?;
        Ok::<_, anyhow::Error>(chrono::DateTime::parse_from_rfc3339(text)?)
    };
    Ok((time("ended_at")? - time("created_at")?).as_seconds_f64())
}
