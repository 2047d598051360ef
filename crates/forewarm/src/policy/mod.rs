//! `forewarm policy`: what can be done with the policies of a running server.

mod preview;
mod table;

use std::process::ExitCode;

use clap::{Args, Subcommand};

/// Look at policies of a running server.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Preview(preview::PreviewArgs),
}

pub async fn run(args: PolicyArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Preview(args) => preview::run(args).await,
    }
}
