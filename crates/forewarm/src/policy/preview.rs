//! `forewarm policy preview`: what a policy would preheat, and why not the rest.

use std::io::{Write, stdout};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use serde_json::Value;

use super::table;
use crate::client::Client;
use crate::server_args::ServerArgs;

/// Show what a policy would preheat now, and for everything else the first reason why not. It changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  forewarm policy preview shop/releases
  forewarm policy preview shop --file policy.json --page 2
  forewarm policy preview shop/releases -o json")]
pub struct PreviewArgs {
    /// PROJECT/POLICY; or, with --file, the PROJECT that the policy would be in.
    #[arg(value_name = "POLICY")]
    policy: String,

    /// A policy that is not stored: a JSON file with what it would be created with.
    #[arg(long, short, value_name = "FILE", env = "FOREWARM_PREVIEW_FILE")]
    file: Option<PathBuf>,

    /// Number of the page, from 1.
    #[arg(long, env = "FOREWARM_PREVIEW_PAGE", default_value_t = 1)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,

    /// How many tasks, and how many of those left out, on a page.
    #[arg(long, env = "FOREWARM_PREVIEW_PAGE_SIZE", default_value_t = 25)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    page_size: u32,

    /// What to print: a table for people, or the server's answer.
    #[arg(short, long, value_enum, env = "FOREWARM_PREVIEW_OUTPUT", default_value = "text")]
    output: Output,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Output {
    Text,
    Json,
}

pub async fn run(args: PreviewArgs) -> anyhow::Result<ExitCode> {
    let client = Client::of(&args.server)?;
    let found = client.preview(&args.path()?, args.body()?.as_ref(), (args.page, args.page_size)).await?;
    let text = match args.output {
        Output::Text => table::text(&found, args.page),
        Output::Json => format!("{}\n", serde_json::to_string_pretty(&found)?),
    };
    // Whoever reads may have gone away.
    let _ = stdout().write_all(text.as_bytes());
    Ok(ExitCode::SUCCESS)
}

impl PreviewArgs {
    fn path(&self) -> anyhow::Result<Vec<&str>> {
        if self.file.is_some() {
            return Ok(vec!["projects", &self.policy, "preview"]);
        }
        let (project, policy) = self
            .policy
            .split_once('/')
            .with_context(|| format!("'{}' is not PROJECT/POLICY, like shop/releases", self.policy))?;
        Ok(vec!["projects", project, "policies", policy, "preview"])
    }

    fn body(&self) -> anyhow::Result<Option<Value>> {
        let Some(file) = &self.file else { return Ok(None) };
        let text = std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
        let body = serde_json::from_slice(&text);
        body.map(Some).with_context(|| format!("{} is not valid JSON", file.display()))
    }
}
