//! `forewarm serve`: API, worker and embedded database in one process.

use std::net::SocketAddr;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Args;
use forewarm_api::{ApiState, Exposure, Gate, Oidc, OidcSettings};
use forewarm_http::Outbound;
use forewarm_listen::Options;
use forewarm_store::embedded::Embedded;
use forewarm_worker::Worker;
use poem::EndpointExt as _;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::database::{DatabaseArgs, prepare};
use crate::events::EventArgs;
use crate::first_admin::FirstAdminArgs;
use crate::http::HttpArgs;
use crate::key::{self, KeyArgs};
use crate::limits::LimitArgs;
use crate::logging::{self, LogArgs};
use crate::metrics::{self, MetricsArgs};
use crate::oidc::OidcArgs;
use crate::outbound::OutboundArgs;
use crate::shutdown;
use crate::worker::WorkArgs;

/// Run the service: the API, its documentation and console, and a worker, in one process.
///
/// Without --database-url it starts an embedded Postgres of its own. More workers: `forewarm worker`, on this machine
/// or, with a database that they reach too, on others.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address and port to listen on.
    #[arg(long, env = "FOREWARM_LISTEN", default_value = "127.0.0.1:8080")]
    pub listen: SocketAddr,

    /// Only the API: leave the work to `forewarm worker` processes.
    #[arg(long, env = "FOREWARM_NO_WORKER")]
    pub no_worker: bool,

    /// Bring the schema of a given database up to date first (the embedded one always is).
    #[arg(long, env = "FOREWARM_MIGRATE")]
    pub migrate: bool,

    #[command(flatten)]
    pub admin: FirstAdminArgs,

    #[command(flatten)]
    pub limits: LimitArgs,

    #[command(flatten)]
    pub oidc: OidcArgs,

    #[command(flatten)]
    pub work: WorkArgs,

    #[command(flatten)]
    pub events: EventArgs,

    #[command(flatten)]
    pub database: DatabaseArgs,

    #[command(flatten)]
    pub outbound: OutboundArgs,

    #[command(flatten)]
    pub http: HttpArgs,

    #[command(flatten)]
    pub metrics: MetricsArgs,

    #[command(flatten)]
    pub keys: KeyArgs,

    #[command(flatten)]
    pub log: LogArgs,
}

pub async fn run(args: ServeArgs) -> anyhow::Result<ExitCode> {
    logging::start(&args.log)?;
    let stop = shutdown::on_signal()?;
    let issuer = args.oidc.settings()?;
    // First, since it is what fails most and costs least.
    let listener = listen(args.listen).await?;
    let place = place(&listener)?;
    let watched = args.metrics.listen().await?;
    let front = Front { listener, exposure: args.http.exposure(), options: args.http.options().await? };
    let (store, embedded) = args.database.open().await?;
    let keys = match &embedded {
        Some(_) => args.keys.of_embedded(&args.database.state_dir()?)?,
        None => args.keys.existing(args.database.state_dir().ok().as_deref())?,
    };
    prepare(&store, args.migrate || embedded.is_some()).await?;
    let store = args.events.of(key::unlock(store, keys).await?);
    key::seal_plain(&store).await?;
    args.admin.ensure(&store).await?;
    let scheme = if front.exposure.https { "https" } else { "http" };
    tracing::info!(address = %format!("{scheme}://{place}"), "serving; documentation at /docs, console at /");
    let outbound = args.outbound.outbound();
    let oidc = issuer.map(|settings| accept(settings, outbound.clone()));
    let state = ApiState::new(store, outbound, stop);
    let state = ApiState { gate: Gate::new(args.limits.settings()), oidc, ..state };
    metrics::serve(watched, state.clone());
    serve(front, state, embedded, (!args.no_worker).then_some(args.work)).await?;
    Ok(ExitCode::SUCCESS)
}

/// An issuer that is away does not keep us from starting: its keys are fetched beside.
fn accept(settings: OidcSettings, outbound: Outbound) -> Oidc {
    let oidc = Oidc::new(settings, outbound);
    let prepared = oidc.clone();
    tokio::spawn(async move { prepared.prepare().await });
    oidc
}

/// Where clients come in, and how.
pub struct Front {
    pub listener: TcpListener,
    pub exposure: Exposure,
    pub options: Options,
}

/// Opens the port, before anything says that it is open.
pub async fn listen(address: SocketAddr) -> anyhow::Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| {
        format!("cannot listen on {address}; choose another with --listen or FOREWARM_LISTEN (port 0: any free one)")
    })
}

/// Where it listens, also when port 0 was asked for.
pub fn place(listener: &TcpListener) -> anyhow::Result<SocketAddr> {
    listener.local_addr().context("the listening socket has no address")
}

/// Serves until the state's `draining` is cancelled. Ends in this order: readiness, requests, the worker's calls, the embedded database.
pub async fn serve(
    front: Front,
    state: ApiState,
    embedded: Option<Embedded>,
    work: Option<WorkArgs>,
) -> anyhow::Result<()> {
    let (store, stop) = (state.store.clone(), state.draining.clone());
    let database_stop = CancellationToken::new();
    let database = embedded.map(|embedded| supervise(embedded, database_stop.clone(), stop.clone()));
    let worker = work.map(|work| {
        let worker = Worker::new(store.clone(), state.outbound.clone(), work.settings("serve"));
        let stop = stop.clone();
        tokio::spawn(async move {
            // Also when it panics: a service without its worker would take work in and do none.
            let _ended = stop.clone().drop_guard();
            worker.run(stop).await;
        })
    });
    let app = forewarm_api::app_exposed(state, front.exposure).map_to_response().boxed();
    forewarm_listen::serve(front.listener, app, front.options, stop.clone()).await;
    stop.cancel();
    // Whatever ended badly, all the rest is still stopped, the database last.
    let worked = match worker {
        Some(worker) => worker.await.context("the worker ended badly"),
        None => Ok(()),
    };
    store.close().await;
    database_stop.cancel();
    if let Some(database) = database {
        database.await.context("the embedded Postgres's supervisor ended badly")??;
    }
    worked
}

/// Keeps the embedded database up; a database that cannot be kept up ends the process.
fn supervise(
    embedded: Embedded,
    database_stop: CancellationToken,
    stop: CancellationToken,
) -> JoinHandle<anyhow::Result<()>> {
    tokio::spawn(async move {
        let ended = embedded.supervise(database_stop.cancelled_owned()).await;
        stop.cancel();
        Ok(ended?)
    })
}
