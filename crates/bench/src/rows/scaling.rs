//! Whether a second worker process helps. With a core each for two workers, nothing would be left for Postgres, so each
//! is held to a small share of a core: what limits is then the workers, as it is on a machine with cores enough.

use super::run::{Workers, run};
use crate::bench::Bench;
use crate::figure::Figure;
use crate::report::number;
use crate::statistics::median;

/// Of a core, for each worker.
const SHARE: f64 = 0.2;

pub async fn measure(bench: &mut Bench) -> anyhow::Result<Vec<Figure>> {
    let size = if bench.quick { 2_000 } else { 10_000 };
    let mut ratios = Vec::new();
    let mut used = Vec::new();
    for _ in 0..bench.rounds {
        let mut rates = Vec::new();
        for count in [1, 2] {
            let (run, scene) = run(bench, size, Workers { count, share: Some(SHARE) }).await?;
            scene.strike(bench).await?;
            eprintln!("  {count} workers: {run:.3?}");
            used.push(run.rate / 1000.0 * run.cpu[0] / count as f64);
            rates.push(run.rate);
        }
        ratios.push(rates[1] / rates[0]);
    }
    let how = format!("stopped and continued by signals; used {} of a core each", number(median(&used)));
    let figure = Figure::new("two worker processes ÷ one, each held to 0.2 of a core", median(&ratios), "");
    Ok(vec![figure.at_least(1.6).ratio(how).rounds(ratios)])
}
