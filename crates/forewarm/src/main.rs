//! The `forewarm` binary: one program, one subcommand per role.

mod client;
mod database;
mod demo;
mod doctor;
mod duration;
mod events;
mod explain;
mod first_admin;
mod follow;
mod healthcheck;
mod http;
mod key;
mod limits;
mod logging;
mod metrics;
mod migrate;
mod oidc;
mod openapi;
mod outbound;
mod passwords;
mod policy;
mod preheat;
mod progress;
mod serve;
mod server_args;
mod shutdown;
mod summary;
mod traces;
mod user;
mod view;
mod warm;
mod worker;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use self::explain::explain;

/// Warms P2P and pull-through caches before anyone pulls.
///
/// A policy says which artifacts of a registry, to which engines, when. `forewarm demo` shows it all in one process;
/// `forewarm serve` runs the service. Every option is also an environment variable, named beside it.
#[derive(Debug, Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(serve::ServeArgs),
    Worker(worker::WorkerArgs),
    Preheat(preheat::PreheatArgs),
    Policy(policy::PolicyArgs),
    Warm(warm::WarmArgs),
    Demo(demo::DemoArgs),
    User(user::UserArgs),
    Key(key::KeyCommandArgs),
    Migrate(migrate::MigrateArgs),
    Doctor(doctor::DoctorArgs),
    Healthcheck(healthcheck::HealthcheckArgs),
    /// Print the API's OpenAPI document.
    Openapi(openapi::OpenapiArgs),
}

#[tokio::main]
async fn main() -> ExitCode {
    let ended = match Cli::parse().command {
        Command::Serve(args) => serve::run(args).await,
        Command::Worker(args) => worker::run(args).await,
        Command::Preheat(args) => preheat::run(args).await,
        Command::Policy(args) => policy::run(args).await,
        Command::Warm(args) => warm::run(args).await,
        Command::Demo(args) => demo::run(args).await,
        Command::User(args) => user::run(args).await,
        Command::Key(args) => key::run(args).await,
        Command::Migrate(args) => migrate::run(args).await,
        Command::Doctor(args) => doctor::run(args).await,
        Command::Healthcheck(args) => healthcheck::run(args).await,
        Command::Openapi(args) => openapi::run(&args),
    };
    traces::end().await;
    ended.unwrap_or_else(|error| {
        eprintln!("error: {}", explain(&error));
        ExitCode::from(2)
    })
}
