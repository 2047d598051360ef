//! What a process says about itself: text on a terminal, JSON elsewhere.

mod json;

use std::io::IsTerminal;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::JsonFields;

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

/// Starts logging to standard error.
pub fn start(args: &LogArgs) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(format!("{},{QUIET},{}", args.log, args.log))?;
    let json = match args.log_format {
        LogFormat::Auto => !std::io::stderr().is_terminal(),
        LogFormat::Text => false,
        LogFormat::Json => true,
    };
    let subscriber = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if json {
        subscriber.fmt_fields(JsonFields::new()).event_format(FlatJson).init();
    } else {
        subscriber.init();
    }
    Ok(())
}
