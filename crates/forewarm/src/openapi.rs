//! `forewarm openapi`: prints the API's document.

use std::io::Write;
use std::process::ExitCode;

pub fn run() -> anyhow::Result<ExitCode> {
    std::io::stdout().write_all(forewarm_api::document::text().as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
