//! `forewarm demo`: everything in one process, with something to look at.

mod folder;
mod mirror;
mod seed;
mod stage;
mod table;
mod unasked;

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use forewarm_api::ApiState;
use forewarm_store::Store;
use forewarm_store::embedded::{Embedded, EmbeddedOptions};

use self::stage::Stage;
use crate::client::Client;
use crate::database::prepare;
use crate::first_admin::{ADMIN, FirstAdminArgs};
use crate::follow::follow;
use crate::http::HttpArgs;
use crate::key::{self, KeyArgs};
use crate::logging::{self, LogArgs, LogFormat};
use crate::outbound::OutboundArgs;
use crate::passwords;
use crate::progress::Progress;
use crate::serve::{Front, listen, place, serve};
use crate::shutdown;
use crate::summary::Summary;
use crate::worker::WorkArgs;

/// Show everything: one process with an embedded Postgres, a demo registry and demo engines.
///
/// Makes a project and policies, runs one, shows its progress and a summary, lets a push and a schedule start two more,
/// and stays up to be played with. Nothing
/// is kept when it ends. The registry, the Dragonfly and the Kraken are faithful fakes; the mirror is a real
/// docker-registry where that program is installed.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// Address and port to listen on.
    #[arg(long, env = "FOREWARM_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Exit after the summary: 0 only if every task succeeded.
    #[arg(long, env = "FOREWARM_DEMO_ONCE")]
    pub once: bool,

    /// How much faster than real time the fake Dragonfly lives. A real manager shows what a job did 30 s later at the
    /// earliest; 15 makes that 2 s.
    #[arg(long, env = "FOREWARM_DEMO_SPEED", default_value_t = 15.0, value_parser = speed)]
    pub speed: f64,

    #[command(flatten)]
    pub outbound: OutboundArgs,

    /// What to log; see `forewarm serve --help`.
    #[arg(long, env = "FOREWARM_LOG", default_value = "warn,forewarm_store::embedded=error")]
    pub log: String,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(speed) if (1.0..=1000.0).contains(&speed) => Ok(speed),
        _ => Err("must be a number from 1 to 1000".to_owned()),
    }
}

pub async fn run(args: DemoArgs) -> anyhow::Result<ExitCode> {
    logging::start(&LogArgs { log: args.log.clone(), log_format: LogFormat::Auto })?;
    let stop = shutdown::on_signal()?;
    let listener = listen(args.listen).await?;
    let server = format!("http://{}", place(&listener)?);
    let http = HttpArgs::local();
    let front = Front { listener, exposure: http.exposure(), options: http.options().await? };
    let folder = folder::make()?;
    println!("Starting an embedded Postgres, a demo registry and demo engines …");
    let stage = Stage::set(args.speed, folder.path()).await?;
    stage.announce(args.speed);
    let (store, embedded) = database(folder.path()).await?;
    let work = WorkArgs {
        max_calls: 64,
        lease_seconds: 30,
        drain_seconds: 5,
        health_seconds: 60,
        keep_executions: 50,
        keep_days: 90,
        keep_audit_days: 365,
    };
    let password = passwords::generate();
    FirstAdminArgs::set(&store, &password).await?;
    let client = Client::new(&server)?.by(ADMIN, &password);
    // Its registry and engines are on this machine.
    let outbound = OutboundArgs { allow_loopback: true, ..args.outbound.clone() }.outbound();
    let state = ApiState::new(store, outbound, stop.clone());
    let serving = tokio::spawn(serve(front, state, Some(embedded), Some(work)));
    let shown = tokio::select! {
        shown = show(&client, &server, &stage) => shown,
        () = stop.cancelled() => Ok(false),
    };
    let went_well = match shown {
        Ok(went_well) => went_well,
        Err(error) => {
            stop.cancel();
            serving.await.context("the server ended badly")??;
            return Err(error);
        }
    };
    if args.once {
        stop.cancel();
    } else if !stop.is_cancelled() {
        println!("\n  user           {ADMIN}\n  password       {}", password.expose());
        println!("\nIt stays up until Ctrl-C.");
    }
    serving.await.context("the server ended badly")??;
    Ok(if went_well || !args.once { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs a policy by hand, lets two start by themselves, and tells what came of them; true = every task succeeded.
async fn show(client: &Client, server: &str, stage: &Stage) -> anyhow::Result<bool> {
    seed::wait_until_ready(client).await?;
    let started = seed::seed(client, stage).await?;
    println!("\nRunning policy 'releases' of project 'shop' (execution {}):", started.facts.id);
    let mut progress = Progress::new(Box::new(std::io::stdout()));
    let ended = follow(client, started, &mut progress).await?;
    let mut went_well = ended.succeeded();
    let tasks = client.tasks(ended.facts.id, None, usize::MAX).await?;
    println!("\n{}", Summary::of_failures(client, ended).await?.text());
    println!("{}", table::by_instance(&tasks));
    if let Some(mirror) = &stage.mirror {
        println!(
            "{} bytes now lie in the mirror's storage, {}.",
            mirror.stored_bytes(),
            mirror.storage().display()
        );
    }
    went_well &= unasked::push(client, server, stage).await?.succeeded();
    went_well &= unasked::minute(client).await?.succeeded();
    println!(
        "\n  API            {server}/api/v1\n  documentation  {server}/docs\n  console        {server}/"
    );
    Ok(went_well)
}

async fn database(folder: &std::path::Path) -> anyhow::Result<(Store, Embedded)> {
    let options = EmbeddedOptions { sync_initdb: false, ..EmbeddedOptions::new(folder.join("postgres")) };
    let embedded = Embedded::start(options).await?;
    let store = Store::open(&embedded.url(), 20)?;
    prepare(&store, true).await?;
    let store = key::unlock(store, KeyArgs { key_file: vec![] }.of_embedded(folder)?).await?;
    Ok((store, embedded))
}
