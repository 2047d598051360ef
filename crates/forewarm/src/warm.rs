//! `forewarm warm`: asks a running server on which instances an image is warm.

use std::io::{Write, stdout};
use std::process::ExitCode;

use chrono::{DateTime, SecondsFormat, Utc};
use clap::Args;
use serde::Deserialize;
use serde_json::Value;

use crate::client::Client;
use crate::preheat::Output;
use crate::server_args::ServerArgs;

/// Tells on which instances an image is warm, as far as preheats have proven it.
///
/// The server answers from what it knows and asks nobody: a tag means what it named at the last preheat. What was warm
/// so long ago that the engine may have dropped it is shown as `was warm`.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 if it is warm anywhere, 1 if it is not known to be, 2 if that could not be found out.

Examples:
  forewarm warm registry.example.com/shop/web:v1
  forewarm warm shop/web:v1 --registry main --instance seeds -o json")]
pub struct WarmArgs {
    /// The image: host/repository:tag, or repository:tag with --registry; a digest may take the tag's place.
    #[arg(value_name = "IMAGE")]
    image: String,

    /// Name of the registry, as the server knows it, that holds the image. Left out: found by the image's host.
    #[arg(long, value_name = "NAME", env = "FOREWARM_WARM_REGISTRY")]
    registry: Option<String>,

    /// Only on the instance with this name.
    #[arg(long, value_name = "NAME", env = "FOREWARM_WARM_INSTANCE")]
    instance: Option<String>,

    /// What to print: text for people, or JSON.
    #[arg(short, long, value_enum, env = "FOREWARM_WARM_OUTPUT", default_value = "text")]
    output: Output,

    #[command(flatten)]
    server: ServerArgs,
}

/// One manifest on one instance, as far as the table shows it.
#[derive(Deserialize)]
struct Entry {
    instance: String,
    #[serde(default)]
    platform: String,
    digest: String,
    fresh: bool,
    since: DateTime<Utc>,
    fresh_until: DateTime<Utc>,
    proof: String,
    execution: Option<i64>,
}

const HEADINGS: [&str; 8] =
    ["INSTANCE", "PLATFORM", "DIGEST", "STATE", "SINCE", "UNTIL ABOUT", "PROOF", "EXECUTION"];

pub async fn run(args: WarmArgs) -> anyhow::Result<ExitCode> {
    let found = Client::of(&args.server)?.warm(&args.query()).await?;
    let entries = found.iter().map(Entry::deserialize).collect::<Result<Vec<_>, _>>()?;
    let text = match args.output {
        Output::Json => serde_json::to_string_pretty(&Value::from(found))? + "\n",
        Output::Text if entries.is_empty() => "nothing is known to be warm\n".to_owned(),
        Output::Text => table(&entries),
    };
    // Whoever reads may have gone away; the exit code still tells.
    let _ = stdout().write_all(text.as_bytes());
    let is_warm = entries.iter().any(|entry| entry.fresh);
    Ok(if is_warm { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

impl WarmArgs {
    fn query(&self) -> Vec<(&str, &str)> {
        let mut query = vec![("image", self.image.as_str())];
        query.extend(self.registry.as_deref().map(|name| ("registry", name)));
        query.extend(self.instance.as_deref().map(|name| ("instance", name)));
        query
    }
}

impl Entry {
    fn cells(&self) -> [String; 8] {
        let time = |time: DateTime<Utc>| time.to_rfc3339_opts(SecondsFormat::Secs, true);
        [
            self.instance.clone(),
            self.platform.clone(),
            // Enough of a digest to tell manifests apart.
            self.digest.chars().take(19).collect(),
            if self.fresh { "warm" } else { "was warm" }.to_owned(),
            time(self.since),
            time(self.fresh_until),
            self.proof.clone(),
            self.execution.map(|id| id.to_string()).unwrap_or_default(),
        ]
    }
}

/// Columns as wide as what is in them.
fn table(entries: &[Entry]) -> String {
    let mut rows = vec![HEADINGS.map(str::to_owned)];
    rows.extend(entries.iter().map(Entry::cells));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let line = |row: &[String; 8]| -> String {
        let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    rows.iter().map(line).collect()
}
