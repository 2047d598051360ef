//! Tasks a second on the whole way: expand, submit, check, finish, with all rows and logs written.

use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;

use super::Known;
use crate::bench::Bench;
use crate::figure::Figure;
use crate::pgbench::Pgbench;
use crate::program::Program;
use crate::report::number;
use crate::scene::{QUICK, Scene};
use crate::statistics::median;
use crate::usage;

const TAGS: usize = 100;
/// The least that two cores must do, whatever their Postgres can.
const LEAST: f64 = 2_000.0;
const PATIENCE: Duration = Duration::from_secs(1800);

pub async fn small(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    let pgbench = match &known.pgbench {
        Some(pgbench) => pgbench.clone(),
        None => known.pgbench.insert(Pgbench::measure(bench).await?).clone(),
    };
    let size = if bench.quick { 2_000 } else { 10_000 };
    let rounds = rounds(bench, size, bench.rounds).await?;
    let rate = median_of(&rounds, |round| round.rate);
    known.rate = Some(rate);
    let to_reach = pgbench.rate().max(LEAST);
    let ratio = format!("{} × pgbench ({} tps)", number(rate / pgbench.rate()), number(pgbench.rate()));
    let mut figures = vec![
        Figure::new(format!("tasks per second, {size} artifacts"), rate, "/s")
            .at_least(to_reach)
            .ratio(ratio)
            .rounds(rounds.iter().map(|round| round.rate).collect()),
    ];
    figures.extend(costs(size, &rounds));
    Ok(figures)
}

pub async fn large(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    let size = if bench.quick { 20_000 } else { 100_000 };
    let rounds = rounds(bench, size, bench.rounds).await?;
    let rate = median_of(&rounds, |round| round.rate);
    let mut figure = Figure::new(format!("tasks per second, {size} artifacts"), rate, "/s")
        .rounds(rounds.iter().map(|round| round.rate).collect());
    if let Some(small) = known.rate {
        figure = figure.at_least(0.9 * small).ratio(format!("{} × that of fewer", number(rate / small)));
    }
    let memory = median_of(&rounds, |round| round.memory);
    let memory = Figure::new(format!("memory of the worker at most, {size} artifacts"), memory, "MiB")
        .at_most(150.0)
        .rounds(rounds.iter().map(|round| round.memory).collect());
    let mut figures = vec![figure, memory];
    figures.extend(costs(size, &rounds));
    Ok(figures)
}

/// What one execution took.
#[derive(Debug)]
struct Round {
    /// Tasks a second.
    rate: f64,
    /// CPU seconds of worker, Postgres, fakes and server, for a thousand tasks.
    cpu: [f64; 4],
    /// Of the worker at most, in MiB.
    memory: f64,
}

const GROUPS: [&str; 4] = ["worker", "Postgres", "fakes", "server"];

fn costs(size: usize, rounds: &[Round]) -> Vec<Figure> {
    let cost = |place: usize| {
        let what = format!("  CPU of {} for 1,000 tasks, {size} artifacts", GROUPS[place]);
        Figure::new(what, median_of(rounds, |round| round.cpu[place]), "s")
    };
    let mut figures: Vec<Figure> = (0..GROUPS.len()).map(cost).collect();
    let what = format!("  memory of the worker at most, {size} artifacts");
    figures.push(Figure::new(what, median_of(rounds, |round| round.memory), "MiB"));
    figures
}

async fn rounds(bench: &mut Bench, size: usize, count: usize) -> anyhow::Result<Vec<Round>> {
    let namespace = format!("images-{size}");
    bench.fakes.fill(&namespace, size / TAGS, TAGS).await?;
    let mut rounds = Vec::new();
    for number in 1..=count {
        let round = round(bench, &namespace, size).await?;
        eprintln!("  {size} artifacts, round {number} of {count}: {round:.3?}");
        rounds.push(round);
    }
    Ok(rounds)
}

async fn round(bench: &mut Bench, namespace: &str, size: usize) -> anyhow::Result<Round> {
    bench.fakes.forget().await?;
    let scene = Scene::set(bench, 1).await?;
    scene.policy(namespace, "all", QUICK).await?;
    let worker = scene.worker(bench, &[])?;
    bench.postgres.settle().await?;
    // It has taken its place in the queue.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let before = cpu(bench, &scene, &worker)?;
    let id = scene.api.execute(namespace, "all").await?;
    let execution = scene.api.success(id, PATIENCE).await?;
    let after = cpu(bench, &scene, &worker)?;
    ensure!(execution["counts"]["success"] == size, "not all of {size} succeeded: {execution}");
    let thousands = size as f64 / 1000.0;
    let used = std::array::from_fn(|place| (after[place] - before[place]).as_secs_f64() / thousands);
    let memory = usage::peak_memory(worker.pid()?)?;
    worker.stop().await?;
    scene.strike(bench).await?;
    Ok(Round { rate: size as f64 / seconds(&execution)?, cpu: used, memory })
}

fn cpu(bench: &Bench, scene: &Scene, worker: &Program) -> anyhow::Result<[Duration; 4]> {
    Ok([
        usage::cpu(worker.pid()?)?,
        bench.postgres.cpu()?,
        usage::cpu(bench.fakes.pid()?)?,
        usage::cpu(scene.server.pid()?)?,
    ])
}

/// From the request to the end, both by the database's clock.
fn seconds(execution: &Value) -> anyhow::Result<f64> {
    let time = |name: &str| {
        let text = execution[name].as_str().context("a time of the execution")?;
        Ok::<_, anyhow::Error>(chrono::DateTime::parse_from_rfc3339(text)?)
    };
    Ok((time("ended_at")? - time("created_at")?).as_seconds_f64())
}

fn median_of(rounds: &[Round], value: impl Fn(&Round) -> f64) -> f64 {
    median(&rounds.iter().map(value).collect::<Vec<_>>())
}
