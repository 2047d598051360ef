//! The keys that secrets in the database are encrypted with: where a process finds them, and `forewarm key`.

mod file;
mod forget;
mod generate;
mod list;
mod rotate;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};
use clap::{Args, Subcommand};
use forewarm_store::keyring::Introduced;
use forewarm_store::{Keyring, Store};
use zeroize::Zeroizing;

use crate::database::DatabaseArgs;

/// A variable and no flag: everybody on the machine can read the flags of a process.
const VARIABLE: &str = "FOREWARM_KEY";
/// The key file that `serve` makes beside its embedded database.
const STATE_FILE: &str = "key";

#[derive(Debug, Clone, Args)]
pub struct KeyArgs {
    /// Files with the keys of the secrets in the database, one key a line, several files separated by commas. The first
    /// key encrypts, the others only decrypt. The keys themselves can also be in the variable FOREWARM_KEY, separated
    /// by commas [default: the file `key` in the state directory, which `serve` makes beside its embedded Postgres].
    #[arg(long, env = "FOREWARM_KEY_FILE", value_delimiter = ',')]
    pub key_file: Vec<PathBuf>,
}

/// Make, list and change the keys that secrets in the database are encrypted with.
#[derive(Debug, Args)]
pub struct KeyCommandArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    Generate(generate::GenerateArgs),
    Rotate(rotate::RotateArgs),
    List(list::ListArgs),
    Forget(forget::ForgetArgs),
}

pub async fn run(args: KeyCommandArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        KeyCommand::Generate(args) => generate::run(&args),
        KeyCommand::Rotate(args) => rotate::run(args).await,
        KeyCommand::List(args) => list::run(args).await,
        KeyCommand::Forget(args) => forget::run(args).await,
    }
}

impl KeyArgs {
    /// The keys of a process whose database is its own: made and kept in the state directory, if none is given.
    pub fn of_embedded(&self, state_dir: &Path) -> anyhow::Result<Keyring> {
        if let Some(keys) = self.given()? {
            return Ok(keys);
        }
        let path = state_dir.join(STATE_FILE);
        if !path.exists() {
            let key = file::make(&path)?;
            tracing::info!(file = %path.display(), key, "made a key for the secrets in the database: keep a copy of it");
        }
        file::read(&path)
    }

    /// The keys of any other process: never made here, or it would write what nobody else can read.
    pub fn existing(&self, state_dir: Option<&Path>) -> anyhow::Result<Keyring> {
        if let Some(keys) = self.given()? {
            return Ok(keys);
        }
        let path = state_dir.map(|dir| dir.join(STATE_FILE)).filter(|path| path.exists());
        let path = path.ok_or_else(|| {
            anyhow!(
                "there is no key for the secrets in the database: make one with `forewarm key generate --file FILE`, and \
                 give every process the same: --key-file FILE (FOREWARM_KEY_FILE), or the key itself in {VARIABLE}"
            )
        })?;
        file::read(&path)
    }

    /// Which of the files with keys others can read.
    pub fn readable_by_others(&self, state_dir: Option<&Path>) -> Vec<PathBuf> {
        let own = state_dir.filter(|_| self.key_file.is_empty()).map(|dir| dir.join(STATE_FILE));
        self.key_file.iter().cloned().chain(own).filter(|path| file::is_readable_by_others(path)).collect()
    }

    /// Those of the files, and then those of the variable.
    fn given(&self) -> anyhow::Result<Option<Keyring>> {
        let mut text = Zeroizing::new(String::new());
        for path in &self.key_file {
            text.push_str(&file::text(path)?);
            text.push('\n');
        }
        if let Some(variable) = variable()? {
            Keyring::parse(&variable).map_err(|reason| anyhow!("{VARIABLE}: {reason}"))?;
            text.push_str(&variable);
        }
        if text.is_empty() {
            return Ok(None);
        }
        Keyring::parse(&text).map(Some).map_err(|reason| anyhow!(reason))
    }
}

/// An empty variable counts as none.
fn variable() -> anyhow::Result<Option<Zeroizing<String>>> {
    match std::env::var(VARIABLE) {
        Ok(text) => Ok(Some(Zeroizing::new(text)).filter(|text| !text.trim().is_empty())),
        Err(std::env::VarError::NotPresent) => Ok(None),
        Err(std::env::VarError::NotUnicode(_)) => Err(anyhow!("{VARIABLE} is no text")),
    }
}

/// Hands the keys to the store, unless its database belongs to others.
pub async fn unlock(store: Store, keys: Keyring) -> anyhow::Result<Store> {
    let store = store.with_keys(keys);
    let Introduced { missing, is_new } = store.introduce_keys().await?;
    if !missing.is_empty() {
        let missing = missing.join(", ");
        tracing::warn!(
            missing,
            "the database knows keys that this process does not have: secrets under them cannot be used here"
        );
    }
    if is_new {
        tracing::info!(key = store.keys().active_id(), "secrets are encrypted with this key from now on");
    }
    Ok(store)
}

/// Encrypts what was stored before there were keys.
pub async fn seal_plain(store: &Store) -> anyhow::Result<()> {
    let sealed = store.seal_plain().await.context("secrets that lie in plain could not be encrypted")?;
    if sealed.values > 0 {
        tracing::info!(
            secrets = sealed.values,
            rows = sealed.rows,
            "encrypted secrets that lay in the database in plain"
        );
    }
    Ok(())
}

/// The store of a command that works on keys, with the keys at hand.
async fn store(database: &DatabaseArgs, keys: &KeyArgs) -> anyhow::Result<Store> {
    let keys = keys.existing(database.state_dir().ok().as_deref())?;
    let store = database.open_existing().await?;
    crate::database::prepare(&store, false).await?;
    Ok(store.with_keys(keys))
}
