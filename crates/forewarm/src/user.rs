//! `forewarm user`: for whoever has lost the password of every administrator but works on the machine itself.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use forewarm_store::Actor;

use crate::database::{DatabaseArgs, prepare};
use crate::logging::{self, LogArgs};
use crate::passwords;

/// Users, without the API.
#[derive(Debug, Args)]
pub struct UserArgs {
    #[command(subcommand)]
    command: UserCommand,
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Give a user another password, straight in the database.
    ///
    /// Without --password-file one is made up and printed. Running servers take it from the next request on.
    SetPassword(SetPasswordArgs),
}

#[derive(Debug, Args)]
struct SetPasswordArgs {
    /// Name of the user.
    #[arg(value_name = "NAME")]
    name: String,

    /// File with the password.
    #[arg(long, value_name = "FILE", env = "FOREWARM_PASSWORD_FILE")]
    password_file: Option<PathBuf>,

    #[command(flatten)]
    database: DatabaseArgs,

    #[command(flatten)]
    log: LogArgs,
}

pub async fn run(args: UserArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        UserCommand::SetPassword(args) => set_password(args).await,
    }
}

async fn set_password(args: SetPasswordArgs) -> anyhow::Result<ExitCode> {
    logging::start(&args.log)?;
    let store = args.database.open_existing().await?;
    prepare(&store, false).await?;
    let (password, made_up) = match &args.password_file {
        Some(path) => (passwords::read(path)?, false),
        None => (passwords::generate(), true),
    };
    anyhow::ensure!(password.expose().chars().count() >= 12, "a password must have at least 12 characters");
    let changed = store.acting(somebody_here()).users().set_password(&args.name, &password).await?;
    anyhow::ensure!(changed, "there is no user '{}'", args.name);
    if made_up {
        println!("The password of '{}' is {} (shown only now).", args.name, password.expose());
    }
    Ok(ExitCode::SUCCESS)
}

fn somebody_here() -> Actor {
    Actor {
        kind: "command",
        name: "forewarm user set-password".to_owned(),
        token: None,
        address: None,
        request_id: String::new(),
    }
}
