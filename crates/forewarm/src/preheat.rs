//! `forewarm preheat`: asks a running server to warm images or files, and waits for the end.

use std::io::{Write, stderr, stdout};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use forewarm_domain::platform::Platform;
use serde_json::{Map, Value, json};

use crate::client::Client;
use crate::duration;
use crate::explain::explain;
use crate::follow::follow;
use crate::progress::Progress;
use crate::server_args::ServerArgs;
use crate::summary::Summary;
use crate::view::Execution;

/// Warms images or files now, by way of a running server, and waits until it is done.
///
/// Every manifest of an image is handed to every chosen instance, and each is followed until the engine has it. On a
/// terminal bars show how far it is, elsewhere lines do.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 if every task succeeded, 1 if any did not, 2 if it could not be asked for.

Examples:
  forewarm preheat registry.example.com/shop/web:v1 --instance seeds
  forewarm preheat shop/web:v1 --registry main --platform linux/arm64 --scope all_peers --count 3
  forewarm preheat --file https://files.example.com/model.bin --instance seeds -o json")]
pub struct PreheatArgs {
    /// Images to warm: host/repository:tag, or repository:tag with --registry; a digest may take the tag's place.
    #[arg(value_name = "IMAGE", required_unless_present = "file")]
    images: Vec<String>,

    /// Files to warm instead of images; repeat it, or give several at once.
    #[arg(long, value_name = "URL", num_args = 1.., conflicts_with = "images")]
    #[arg(env = "FOREWARM_PREHEAT_FILE", value_delimiter = '\n')]
    file: Vec<String>,

    /// Name of the registry, as the server knows it, that holds the images. Left out: found by the images' host.
    #[arg(long, value_name = "NAME", env = "FOREWARM_PREHEAT_REGISTRY", conflicts_with = "file")]
    registry: Option<String>,

    /// Name of an instance to warm; repeat it for several. Left out: every one that can do it.
    #[arg(long, value_name = "NAME", env = "FOREWARM_PREHEAT_INSTANCE", value_delimiter = ',')]
    instance: Vec<String>,

    /// Platform of an image, like linux/arm64; repeat it for several. Left out: every platform of the image.
    #[arg(long, value_name = "OS/ARCH", env = "FOREWARM_PREHEAT_PLATFORM", value_delimiter = ',')]
    #[arg(conflicts_with = "file")]
    platform: Vec<Platform>,

    /// Which peers of the engine get it. Left out: a single seed peer.
    #[arg(long, env = "FOREWARM_PREHEAT_SCOPE")]
    #[arg(value_parser = ["single_seed_peer", "all_seed_peers", "all_peers"])]
    scope: Option<String>,

    /// How many peers get it, 1 to 200; needs scope all_seed_peers or all_peers.
    #[arg(long, value_name = "NUMBER", env = "FOREWARM_PREHEAT_COUNT", conflicts_with = "percentage")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=200))]
    count: Option<u32>,

    /// Which share of the peers gets it, 1 to 100; needs scope all_seed_peers or all_peers.
    #[arg(long, value_name = "PERCENT", env = "FOREWARM_PREHEAT_PERCENTAGE")]
    #[arg(value_parser = clap::value_parser!(u32).range(1..=100))]
    percentage: Option<u32>,

    /// How long an engine may take for one task, like 90s, 10m or 1h; at most 62m. Left out: 1h.
    #[arg(long, value_name = "TIME", env = "FOREWARM_PREHEAT_TIMEOUT", value_parser = duration::seconds)]
    timeout: Option<u64>,

    /// Header for the engine to send to the origin; repeat it for several (in the variable: one a line).
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    #[arg(env = "FOREWARM_PREHEAT_HEADER", hide_env_values = true, value_delimiter = '\n')]
    header: Vec<(String, String)>,

    /// Leave out what is proven warm already.
    #[arg(long, env = "FOREWARM_PREHEAT_SKIP_IF_WARM", conflicts_with = "file")]
    skip_if_warm: bool,

    /// What to print: text for people, or one JSON document at the end, with progress on stderr.
    #[arg(short, long, value_enum, env = "FOREWARM_PREHEAT_OUTPUT", default_value = "text")]
    output: Output,

    #[command(flatten)]
    server: ServerArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    Text,
    Json,
}

/// Nothing was, or could be, found out: neither success nor failure of a task.
const NOT_DONE: u8 = 2;
/// What a shell says of a program that an interrupt ended.
const INTERRUPTED: u8 = 130;

pub async fn run(args: PreheatArgs) -> anyhow::Result<ExitCode> {
    Ok(preheat(&args).await.unwrap_or_else(|error| {
        eprintln!("error: {}", explain(&error));
        ExitCode::from(NOT_DONE)
    }))
}

async fn preheat(args: &PreheatArgs) -> anyhow::Result<ExitCode> {
    let client = Client::of(&args.server)?;
    let started = client.start_preheat(&args.body()).await?;
    let id = started.facts.id;
    let mut progress = Progress::new(args.lines());
    announce(&started, &mut progress);
    tokio::select! {
        ended = follow(&client, started, &mut progress) => args.finish(&client, ended?).await,
        _ = tokio::signal::ctrl_c() => {
            progress.end();
            eprintln!("execution {id} goes on at {}; POST /api/v1/executions/{id}/stop stops it", args.server.server);
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

fn announce(execution: &Execution, progress: &mut Progress) {
    progress.say(&format!("execution {} started", execution.facts.id));
    for warning in &execution.facts.warnings {
        progress.say(&format!("warning: {warning}"));
    }
}

impl PreheatArgs {
    /// The request, with nothing in it that was not asked for.
    fn body(&self) -> Value {
        let platforms: Vec<String> = self.platform.iter().map(ToString::to_string).collect();
        let options = set([
            ("platforms", json!(platforms), !platforms.is_empty()),
            ("scope", json!(self.scope), self.scope.is_some()),
            ("count", json!(self.count), self.count.is_some()),
            ("percentage", json!(self.percentage), self.percentage.is_some()),
            ("timeout_seconds", json!(self.timeout), self.timeout.is_some()),
        ]);
        let headers: Map<String, Value> =
            self.header.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
        let is_file = !self.file.is_empty();
        set([
            ("type", json!(if is_file { "file" } else { "image" }), true),
            ("images", json!(self.images), !is_file),
            ("urls", json!(self.file), is_file),
            ("registry", json!(self.registry), self.registry.is_some()),
            ("instances", json!(self.instance), !self.instance.is_empty()),
            ("access", json!({ "headers": headers }), !headers.is_empty()),
            ("options", options.clone(), options != json!({})),
            ("skip_if_warm", json!(true), self.skip_if_warm),
        ])
    }

    /// JSON has stdout for itself.
    fn lines(&self) -> Box<dyn Write + Send> {
        match self.output {
            Output::Text => Box::new(stdout()),
            Output::Json => Box::new(stderr()),
        }
    }

    async fn finish(&self, client: &Client, ended: Execution) -> anyhow::Result<ExitCode> {
        let succeeded = ended.succeeded();
        let summary = match self.output {
            Output::Text => Summary::of_failures(client, ended).await?.text(),
            Output::Json => Summary::of_everything(client, ended).await?.json()?,
        };
        // Whoever reads may have gone away; the exit code still tells.
        let _ = stdout().write_all(summary.as_bytes());
        Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

fn set<const N: usize>(entries: [(&str, Value, bool); N]) -> Value {
    let entries = entries.into_iter().filter(|(_, _, is_set)| *is_set);
    entries.map(|(name, value, _)| (name.to_owned(), value)).collect::<Map<_, _>>().into()
}

fn header(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if !name.trim().is_empty() => {
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        }
        // The text may be a secret, so it is not repeated.
        _ => Err("a header is written 'Name: value'".to_owned()),
    }
}
