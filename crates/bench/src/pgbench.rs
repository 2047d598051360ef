//! pgbench: what this Postgres can do on this machine at best, to measure everything else by.

use anyhow::{Context as _, ensure};
use tokio::process::Command;

use crate::bench::Bench;
use crate::statistics::median;

/// As the promised ratios are defined: branches, and in all rounds no updates of the tables that all clients share.
const SCALE: &str = "10";
const CLIENTS: [&str; 5] = ["-N", "-c", "8", "-j", "2"];
const ONE_CLIENT: [&str; 5] = ["-N", "-c", "1", "-j", "1"];

/// What one round after the other said, and their median.
#[derive(Debug, Clone)]
pub struct Pgbench {
    /// Transactions a second of eight clients.
    pub rates: Vec<f64>,
    /// Of one client: how long one durable transaction takes.
    pub milliseconds: Vec<f64>,
}

impl Pgbench {
    pub async fn measure(bench: &Bench) -> anyhow::Result<Self> {
        let database = bench.postgres.create_database().await?;
        run(bench, &database, &["-i", "-q", "-s", SCALE]).await?;
        let seconds = if bench.quick { "3" } else { "10" };
        let mut found = Self { rates: Vec::new(), milliseconds: Vec::new() };
        for _ in 0..bench.rounds {
            bench.postgres.settle().await?;
            found
                .rates
                .push(rate(&run(bench, &database, &[&CLIENTS[..], &["-T", seconds]].concat()).await?)?);
            let alone = rate(&run(bench, &database, &[&ONE_CLIENT[..], &["-T", "3"]].concat()).await?)?;
            found.milliseconds.push(1000.0 / alone);
        }
        bench.postgres.drop_database(&database).await?;
        Ok(found)
    }

    pub fn rate(&self) -> f64 {
        median(&self.rates)
    }

    pub fn milliseconds(&self) -> f64 {
        median(&self.milliseconds)
    }
}

async fn run(bench: &Bench, database: &str, arguments: &[&str]) -> anyhow::Result<String> {
    let program = bench.postgres.program("pgbench")?;
    let output = Command::new(program).args(arguments).arg(database).output().await?;
    let words = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "pgbench {arguments:?}: {words}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// From `tps = 2345.678901 (without initial connection time)`.
fn rate(output: &str) -> anyhow::Result<f64> {
    let line = output.lines().find_map(|line| line.strip_prefix("tps = "));
    let number = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
    number.with_context(|| format!("pgbench tells no rate: {output}"))
}
