//! Tasks a second on the whole way: expand, submit, check, finish, with all rows and logs written.

use super::Known;
use super::run::{GROUPS, Run, Workers, run};
use crate::bench::Bench;
use crate::figure::Figure;
use crate::report::number;
use crate::statistics::median;

/// The least that two cores must do, whatever their Postgres can.
const LEAST: f64 = 2_000.0;
const MEMORY: f64 = 150.0;
const ONE: Workers = Workers { count: 1, share: None };

pub async fn small(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    let pgbench = known.pgbench(bench).await?.rate();
    let size = if bench.quick { 2_000 } else { 10_000 };
    let mut runs = Vec::new();
    for _ in 0..bench.rounds {
        let (run, scene) = run(bench, size, ONE).await?;
        scene.strike(bench).await?;
        runs.push(told(run));
    }
    let rate = rate(size, &runs);
    known.rate = Some(rate.measured);
    let ratio = format!("{} × pgbench ({} tps)", number(rate.measured / pgbench), number(pgbench));
    Ok([vec![rate.at_least(pgbench.max(LEAST)).ratio(ratio)], costs(size, &runs)].concat())
}

pub async fn large(bench: &mut Bench, known: &mut Known) -> anyhow::Result<Vec<Figure>> {
    let size = if bench.quick { 20_000 } else { 100_000 };
    let mut runs = Vec::new();
    for round in 1..=bench.rounds {
        let (run, scene) = run(bench, size, ONE).await?;
        if round == bench.rounds {
            known.large = Some((scene, run.id, size));
        } else {
            scene.strike(bench).await?;
        }
        runs.push(told(run));
    }
    let mut figure = rate(size, &runs);
    if let Some(small) = known.rate {
        let ratio = format!("{} × that of fewer", number(figure.measured / small));
        figure = figure.at_least(0.9 * small).ratio(ratio);
    }
    let memory = of("memory of the worker at most", size, &runs, "MiB", |run| run.memory).at_most(MEMORY);
    Ok([vec![figure, memory], costs(size, &runs)].concat())
}

fn told(run: Run) -> Run {
    eprintln!("  {run:.3?}");
    run
}

fn rate(size: usize, runs: &[Run]) -> Figure {
    of("tasks per second", size, runs, "/s", |run| run.rate)
}

/// What each group of processes took.
fn costs(size: usize, runs: &[Run]) -> Vec<Figure> {
    let cost = |place: usize| {
        let what = format!("  CPU of {} for 1,000 tasks", GROUPS[place]);
        of(&what, size, runs, "s", |run| run.cpu[place])
    };
    (0..GROUPS.len()).map(cost).collect()
}

fn of(what: &str, size: usize, runs: &[Run], unit: &'static str, value: impl Fn(&Run) -> f64) -> Figure {
    let values: Vec<f64> = runs.iter().map(value).collect();
    Figure::new(format!("{what}, {size} artifacts"), median(&values), unit).rounds(values)
}
