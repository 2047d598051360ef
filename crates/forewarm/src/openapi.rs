//! `forewarm openapi`: prints a document of the API.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use forewarm_api::{document, harbor};

#[derive(Debug, Args)]
pub struct OpenapiArgs {
    /// The document of the facade for clients of Harbor, /api/v2.0.
    #[arg(long, env = "FOREWARM_OPENAPI_HARBOR")]
    harbor: bool,
}

pub fn run(args: &OpenapiArgs) -> anyhow::Result<ExitCode> {
    let text = if args.harbor { harbor::document::text() } else { document::text() };
    std::io::stdout().write_all(text.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
