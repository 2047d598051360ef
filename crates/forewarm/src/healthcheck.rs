//! `forewarm healthcheck`: tells by its exit code whether a server is ready, for containers.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use crate::client::{Client, DEFAULT_SERVER};
use crate::explain::explain;

/// Orchestrators give up after about this time themselves.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Tells by the exit code whether a server is ready: 0 if it is, 1 if it is not.
#[derive(Debug, Args)]
#[command(after_help = "Example, in a Dockerfile:\n  HEALTHCHECK CMD [\"forewarm\", \"healthcheck\"]")]
pub struct HealthcheckArgs {
    /// Address of the server; its /readyz is asked.
    #[arg(long, env = "FOREWARM_SERVER", default_value = DEFAULT_SERVER, value_name = "URL")]
    url: String,
}

pub async fn run(args: HealthcheckArgs) -> anyhow::Result<ExitCode> {
    let ready = match Client::new(&args.url) {
        Ok(client) => client.ready(TIMEOUT).await,
        Err(error) => Err(error),
    };
    Ok(match ready {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("not ready: {}", explain(&error));
            ExitCode::FAILURE
        }
    })
}
