//! Measures what Forewarm promises: real processes of the release binary, a Postgres of their own, and fakes.

mod api;
mod bench;
mod fakes;
mod figure;
mod machine;
mod pgbench;
mod postgres;
mod program;
mod report;
mod rows;
mod scene;
mod statistics;
mod throttle;
mod usage;

use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::Utc;
use clap::{Parser, Subcommand};

use crate::bench::Bench;
use crate::machine::Machine;
use crate::program::Binary;
use crate::report::Report;
use crate::rows::{Known, Row};

/// Measure speed and memory, print a table, and write it to a file.
#[derive(Debug, Parser)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,

    /// Only these rows; again for more.
    #[arg(long, value_name = "ROW")]
    row: Vec<Row>,

    /// One round of smaller numbers.
    #[arg(long)]
    quick: bool,

    /// How often each figure is measured; the median counts [default: 3, or 1 with --quick].
    #[arg(long)]
    rounds: Option<usize>,

    /// Where the database lies meanwhile: on the disk to be measured.
    #[arg(long, default_value = "/var/tmp")]
    folder: PathBuf,

    /// Where the file goes.
    #[arg(long, default_value = "bench/results")]
    results: PathBuf,

    /// The binary to measure [default: `forewarm` beside this one].
    #[arg(long)]
    forewarm: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The process of the fakes, which this program starts by itself.
    #[command(hide = true)]
    Fakes,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    rustls::crypto::ring::default_provider().install_default().ok().context("the TLS provider")?;
    match cli.command {
        Some(Command::Fakes) => fakes::serve().await,
        None => measure(cli).await,
    }
}

async fn measure(cli: Cli) -> anyhow::Result<()> {
    machine::refuse_memory(&cli.folder)?;
    let folder = tempfile::Builder::new().prefix("forewarm-bench-").tempdir_in(&cli.folder)?;
    // Postgres may run as another user, who must get through.
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o711))?;
    let binary = Binary::find(cli.forewarm.clone(), folder.path())?;
    let rounds = cli.rounds.unwrap_or(if cli.quick { 1 } else { 3 }).max(1);
    let mut bench = Bench::start(folder.path(), binary, cli.quick, rounds).await?;
    let report = tokio::select! {
        report = report(&cli, folder.path(), &mut bench) => report,
        // Nothing may be left running, or lying on the disk.
        _ = tokio::signal::ctrl_c() => Err(anyhow::anyhow!("interrupted")),
    };
    bench.stop().await?;
    let report = report?;
    report.print();
    println!("\nwritten to {}", report.write(&cli.results)?.display());
    Ok(())
}

async fn report(cli: &Cli, folder: &Path, bench: &mut Bench) -> anyhow::Result<Report> {
    let machine = Machine::look(folder, bench.postgres.version().await?)?;
    eprintln!("{machine}");
    let (mut figures, mut known) = (Vec::new(), Known::default());
    let wanted = rows::ALL.into_iter().filter(|row| cli.row.is_empty() || cli.row.contains(row));
    for row in wanted {
        eprintln!("measuring: {row:?}");
        figures.extend(rows::measure(row, bench, &mut known).await?);
    }
    let version = env!("CARGO_PKG_VERSION");
    Ok(Report { measured_at: Utc::now(), version, quick: cli.quick, machine, figures })
}
