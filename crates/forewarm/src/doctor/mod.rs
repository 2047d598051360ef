//! `forewarm doctor`: looks at all that an installation stands on, and says in words what is wrong and what to do.

mod database;
mod embedded;
mod findings;
mod keys;
mod queue;
mod remote;
mod settings;

use std::io::{Write as _, stdout};
use std::process::ExitCode;

use clap::Args;
use forewarm_store::Store;

use crate::database::DatabaseArgs;
use crate::explain::explain;
use crate::key::KeyArgs;
use crate::outbound::OutboundArgs;
use crate::preheat::Output;
use findings::Findings;

/// Looks at the database, its schema, keys, queue, engines and registries, and says what is wrong and what to do.
///
/// Takes the same options and variables as `forewarm serve`; run it where that runs. It changes nothing. Engines and
/// registries are asked with their stored credentials.
#[derive(Debug, Args)]
#[command(after_help = "\
Exit code: 0 if there is no problem (there may be warnings), 1 if there is any, 2 if nothing could be looked at.

Examples:
  forewarm doctor
  forewarm doctor --database-url postgres://forewarm@db/forewarm --key-file /etc/forewarm/keys -o json")]
pub struct DoctorArgs {
    /// What to print: lines for people, or JSON.
    #[arg(short, long, value_enum, env = "FOREWARM_DOCTOR_OUTPUT", default_value = "text")]
    output: Output,

    #[command(flatten)]
    front: settings::FrontArgs,

    #[command(flatten)]
    database: DatabaseArgs,

    #[command(flatten)]
    keys: KeyArgs,

    #[command(flatten)]
    outbound: OutboundArgs,
}

pub async fn run(args: DoctorArgs) -> anyhow::Result<ExitCode> {
    let mut findings = Findings::default();
    settings::look_at_front(&args.front, &mut findings);
    if args.database.database_url.is_none() {
        embedded::look(&args.database.state_dir()?, &mut findings);
    }
    if let Some(store) = database::reach(&args.database, &mut findings).await
        && let Err(error) = look_inside(&args, store, &mut findings).await
    {
        findings.problem(
            "database",
            format!("it stopped answering in the middle: {}; look again", explain(&error)),
        );
    }
    let text = match args.output {
        Output::Text => findings.text(),
        Output::Json => serde_json::to_string_pretty(&findings.json())? + "\n",
    };
    // Whoever reads may have gone away; the exit code still tells.
    let _ = stdout().write_all(text.as_bytes());
    Ok(if findings.are_good() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What lies in the tables is looked at only if they are those of this version.
async fn look_inside(args: &DoctorArgs, store: Store, findings: &mut Findings) -> anyhow::Result<()> {
    database::look_at_server(&store, args.database.database_connections, findings).await?;
    database::look_at_clock(&store, findings).await?;
    if database::look_at_schema(&store, findings).await? {
        let store = keys::look(store, args, findings).await?;
        queue::look(&store, findings).await?;
        remote::look(&store, &args.outbound.outbound(), findings).await?;
        settings::look_at_rows(&store, findings).await?;
    }
    Ok(())
}
