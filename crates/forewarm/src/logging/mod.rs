//! What a process says about itself: text on a terminal, JSON elsewhere.

mod json;

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_subscriber::fmt::format::JsonFields;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::traces;
use json::FlatJson;

#[derive(Debug, Clone, Args)]
pub struct LogArgs {
    /// What to log, like `info` or `forewarm_worker=debug,warn`.
    #[arg(
        long,
        env = "FOREWARM_LOG",
        default_value = "info,sqlx=warn,apalis=warn,apalis_core=warn,apalis_postgres=warn"
    )]
    pub log: String,

    /// How log lines look: text on a terminal and JSON elsewhere, or one of them always.
    #[arg(long, env = "FOREWARM_LOG_FORMAT", value_enum, default_value_t = LogFormat::Auto)]
    pub log_format: LogFormat,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum LogFormat {
    /// Text on a terminal, JSON elsewhere.
    Auto,
    Text,
    Json,
}

/// Libraries that say at `info` what only their authors need; what the user asks for comes after and wins.
const QUIET: &str = "sqlx=warn,apalis=error,apalis_core=error,apalis_postgres=error,poem=warn";

/// Starts logging to standard error, and traces where a collector is named.
pub fn start(args: &LogArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{},{QUIET},{}", args.log, args.log))?;
    let is_terminal = std::io::stderr().is_terminal();
    let json = match args.log_format {
        LogFormat::Auto => !is_terminal,
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr).with_ansi(is_terminal);
    let lines =
        if json { lines.fmt_fields(JsonFields::new()).event_format(FlatJson).boxed() } else { lines.boxed() };
    tracing_subscriber::registry().with(lines.with_filter(filter)).with(traces::layer()?).init();
    Ok(())
}
