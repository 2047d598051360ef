//! `forewarm key rotate`: everything under the first key.

use std::process::ExitCode;

use anyhow::ensure;
use clap::Args;
use forewarm_store::Store;

use super::KeyArgs;
use crate::database::DatabaseArgs;
use crate::logging::{self, LogArgs};

/// Encrypt every secret in the database with the first key, while everything goes on running.
///
/// First give the new key to every process, as the first of its keys, and restart them one after the other; afterwards
/// the old key can be removed. Exits with 1 if values remain under another key.
#[derive(Debug, Args)]
pub struct RotateArgs {
    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    database: DatabaseArgs,

    #[command(flatten)]
    log: LogArgs,
}

pub async fn run(args: RotateArgs) -> anyhow::Result<ExitCode> {
    logging::start(&args.log)?;
    let store = super::store(&args.database, &args.keys).await?;
    let active = store.keys().active_id().unwrap_or_default().to_owned();
    ensure!(
        store.known_keys().await?.contains(&active),
        "no process has been started with key {active} yet, so none could read what it encrypts: restart them with it \
         first, the old key beside it"
    );
    let done = store.rotate().await?;
    println!("{} values in {} rows are encrypted with key {active} now.", done.values, done.rows);
    let ended = tell_what_remains(&store, &active).await?;
    store.close().await;
    Ok(ended)
}

async fn tell_what_remains(store: &Store, active: &str) -> anyhow::Result<ExitCode> {
    let census = store.census().await?;
    for id in store.retire_keys(&census).await? {
        println!("Nothing is encrypted with key {id} any more: it can be removed.");
    }
    let mut ended = ExitCode::SUCCESS;
    for (id, count) in census.by_key.iter().filter(|(id, _)| *id != active) {
        let why = if store.keys().ids().any(|ours| ours == id) {
            "written meanwhile, or they do not open; run it again once every process has the new key as its first"
        } else {
            "which is not at hand: give it to this command, too"
        };
        eprintln!("{count} values are still encrypted with key {id}: {why}");
        ended = ExitCode::FAILURE;
    }
    Ok(ended)
}
