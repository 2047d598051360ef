//! Looking at a large execution through the API, while nothing else is to be done.

use std::time::{Duration, Instant};

use anyhow::ensure;

use super::Known;
use super::run::{Workers, run};
use crate::bench::Bench;
use crate::figure::Figure;
use crate::scene::Scene;
use crate::statistics::{median, milliseconds, percentile};

const LIMIT: f64 = 20.0;
/// So that autovacuum has begun where it wants to.
const PAUSE: Duration = Duration::from_secs(5);

pub async fn measure(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    let (scene, id, size) = match known.large.take() {
        Some(found) => found,
        None => finished(bench).await?,
    };
    tokio::time::sleep(PAUSE).await;
    let page_size = 100;
    let last = size / page_size;
    let page = |number: usize| format!("/api/v1/executions/{id}/tasks?page={number}&page_size={page_size}");
    let what = [
        ("itself".to_owned(), format!("/api/v1/executions/{id}")),
        ("the first page of its tasks".to_owned(), page(1)),
        ("a page in the middle".to_owned(), page(last / 2)),
        ("the last page".to_owned(), page(last)),
    ];
    let mut figures = Vec::new();
    for (name, path) in what {
        let mut tails = Vec::new();
        for _ in 0..bench.rounds {
            tails.push(tail(&scene, &path).await?);
        }
        let name = format!("reading an execution of {size} tasks, p99: {name}");
        figures.push(Figure::new(name, median(&tails), "ms").at_most(LIMIT).rounds(tails));
    }
    scene.strike(bench).await?;
    Ok(figures)
}

/// The 99th percentile of 200 requests, in milliseconds.
async fn tail(scene: &Scene, path: &str) -> anyhow::Result<f64> {
    let mut samples = Vec::new();
    for _ in 0..200 {
        let begun = Instant::now();
        let answer = scene.api.get(path).await?;
        samples.push(milliseconds(begun.elapsed()));
        ensure!(!answer.is_null() && answer != serde_json::json!([]), "{path} answers nothing");
    }
    Ok(percentile(&samples, 99.0))
}

async fn finished(bench: &mut Bench) -> anyhow::Result<(Scene, i64, usize)> {
    let size = if bench.quick { 20_000 } else { 100_000 };
    let (run, scene) = run(bench, size, Workers { count: 1, share: None }).await?;
    Ok((scene, run.id, size))
}
