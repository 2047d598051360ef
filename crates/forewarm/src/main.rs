//! The `forewarm` binary.

use clap::{Parser, Subcommand};
use std::process::ExitCode;

mod client;
mod duration;
mod follow;
mod healthcheck;
mod preheat;
mod progress;
mod summary;
mod view;

/// Warms P2P and pull-through caches before anyone pulls.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Preheat(preheat::PreheatArgs),
    Healthcheck(healthcheck::HealthcheckArgs),
}

#[tokio::main]
async fn main() -> anyhow::Result<ExitCode> {
    match Cli::parse().command {
        Command::Preheat(args) => preheat::run(args).await,
        Command::Healthcheck(args) => healthcheck::run(args).await,
    }
}
