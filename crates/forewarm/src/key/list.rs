//! `forewarm key list`: which keys there are, and what each has encrypted.

use std::process::ExitCode;

use clap::Args;
use forewarm_store::Store;
use forewarm_store::keyring::Census;

use super::KeyArgs;
use crate::database::DatabaseArgs;

/// List the keys at hand and those of the database, with the number of values that each has encrypted.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    database: DatabaseArgs,
}

pub async fn run(args: ListArgs) -> anyhow::Result<ExitCode> {
    let store = super::store(&args.database, &args.keys).await?;
    let census = store.census().await?;
    println!("{:<18}{:<8}{:>8}", "KEY", "", "VALUES");
    for id in ids(&store, &census).await? {
        println!("{id:<18}{:<8}{:>8}", role(&store, &id), census.of(&id));
    }
    if census.plain > 0 {
        println!("{:<18}{:<8}{:>8}", "(not encrypted)", "", census.plain);
    }
    store.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Every key that somebody has or had: ours first, the active one before all.
async fn ids(store: &Store, census: &Census) -> anyhow::Result<Vec<String>> {
    let mut ids: Vec<String> = store.keys().ids().map(str::to_owned).collect();
    let others = store.known_keys().await?.into_iter().chain(census.by_key.keys().cloned());
    for id in others {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

fn role(store: &Store, id: &str) -> &'static str {
    if store.keys().active_id() == Some(id) {
        "active"
    } else if store.keys().ids().any(|ours| ours == id) {
        "opens"
    } else {
        "missing"
    }
}
