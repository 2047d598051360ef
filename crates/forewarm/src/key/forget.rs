//! `forewarm key forget`: a key that is lost.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;

use crate::database::{DatabaseArgs, prepare};

/// Forget a key that is lost for good, so that processes may start with another.
///
/// What it has encrypted stays unreadable: those secrets must be given again. Nothing is deleted.
#[derive(Debug, Args)]
pub struct ForgetArgs {
    /// Id of the key, as `forewarm key list` or an error shows it.
    key: String,

    #[command(flatten)]
    database: DatabaseArgs,
}

pub async fn run(args: ForgetArgs) -> anyhow::Result<ExitCode> {
    let (store, embedded) = match args.database.open_existing().await {
        Ok(store) => (store, None),
        Err(error) if args.database.database_url.is_some() => return Err(error),
        // A `serve` without the key does not run, so its database does not either.
        Err(_) => args.database.open().await?,
    };
    prepare(&store, false).await?;
    let forgotten = store.forget_key(&args.key).await?;
    store.close().await;
    if let Some(embedded) = embedded {
        embedded.stop().await?;
    }
    ensure!(forgotten, "the database knows no key {}", args.key);
    println!(
        "key {} is forgotten; start with another, and give the secrets again that it had encrypted",
        args.key
    );
    Ok(ExitCode::SUCCESS)
}
