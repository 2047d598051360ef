//! From the request to the engine, while nothing else is to be done.

use std::time::{Duration, SystemTime};

use serde_json::json;

use super::Known;
use crate::bench::Bench;
use crate::figure::Figure;
use crate::report::number;
use crate::scene::{QUICK, Scene};
use crate::statistics::{median, milliseconds, percentile};

/// The engine's job is not looked at while anything is measured.
const NO_LOOK: Option<u32> = Some(600);
const ONE: &str = "one";
const TOLD: &str = "told";

/// What starts it.
#[derive(Debug, Clone, Copy)]
enum Start {
    Request,
    Event,
}

/// From just before `POST …/executions`.
pub async fn of_request(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    figures(bench, known, Start::Request, "first submit after POST …/executions", (20.0, 100.0)).await
}

/// From just before the registry's notification.
pub async fn of_event(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    figures(bench, known, Start::Event, "event to first submit", (30.0, 150.0)).await
}

async fn figures(
    bench: &mut Bench,
    known: &mut Known,
    start: Start,
    what: &str,
    (usual, worst): (f64, f64),
) -> anyhow::Result<Vec<Figure>> {
    let durable = known.pgbench(bench).await?.milliseconds();
    let (mut medians, mut tails) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        let samples = samples(bench, start).await?;
        medians.push(median(&samples));
        tails.push(percentile(&samples, 99.0));
        eprintln!("  p50 {:.1} ms, p99 {:.1} ms", median(&samples), percentile(&samples, 99.0));
    }
    let figure = |name: &str, values: Vec<f64>, bound: f64| {
        let measured = median(&values);
        let ratio =
            format!("{} × a pgbench transaction ({} ms)", number(measured / durable), number(durable));
        Figure::new(format!("{what}, {name}"), measured, "ms").at_most(bound).ratio(ratio).rounds(values)
    };
    Ok(vec![figure("p50", medians, usual), figure("p99", tails, worst)])
}

async fn samples(bench: &mut Bench, start: Start) -> anyhow::Result<Vec<f64>> {
    let count = if bench.quick { 20 } else { 100 };
    bench.fakes.push("one/app", "v1").await?;
    let scene = Scene::set(bench, NO_LOOK).await?;
    scene.policy(ONE, QUICK, &json!({"type": "manual"})).await?;
    scene.policy(TOLD, QUICK, &json!({"type": "event", "events": ["push"]})).await?;
    let worker = scene.worker(bench, &[])?;
    let mut samples = Vec::new();
    // The first one finds nothing ready, like connections to the engine.
    for number in 0..=count {
        tokio::time::sleep(pause(number)).await;
        bench.fakes.forget().await?;
        let asked = match start {
            Start::Request => {
                let asked = SystemTime::now();
                scene.api.execute(ONE).await?;
                asked
            }
            Start::Event => {
                let told = bench.fakes.push("told/app", &format!("v{number}")).await?;
                let asked = SystemTime::now();
                scene.api.notify(&told).await?;
                asked
            }
        };
        samples.push(milliseconds(bench.fakes.first_arrival().await?.duration_since(asked)?));
    }
    worker.stop().await?;
    scene.strike(bench).await?;
    Ok(samples.split_off(1))
}

/// Until all is idle again; of no one length, so that no rhythm of the worker's goes along with it.
fn pause(number: u64) -> Duration {
    Duration::from_millis(200 + number * 83 % 300)
}
