//! `forewarm migrate`: brings a database's schema up to date.

use std::process::ExitCode;

use clap::Args;

use crate::database::DatabaseArgs;
use crate::logging::{self, LogArgs};

/// Bring the database's schema up to this version.
///
/// Safe to run at any time and from several machines at once. The role needs CREATE on the database.
#[derive(Debug, Args)]
pub struct MigrateArgs {
    #[command(flatten)]
    pub database: DatabaseArgs,

    #[command(flatten)]
    pub log: LogArgs,
}

pub async fn run(args: MigrateArgs) -> anyhow::Result<ExitCode> {
    logging::start(&args.log)?;
    let (store, embedded) = match &args.database.database_url {
        Some(_) => (args.database.open_existing().await?, None),
        None => args.database.open().await?,
    };
    forewarm_store::migrate(store.pool()).await?;
    tracing::info!("the database's schema is up to date");
    store.close().await;
    if let Some(embedded) = embedded {
        embedded.stop().await?;
    }
    Ok(ExitCode::SUCCESS)
}
