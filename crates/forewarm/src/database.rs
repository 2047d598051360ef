//! Which database a process uses: one that is given, or the embedded one.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context as _;
use clap::Args;
use forewarm_store::Store;
use forewarm_store::embedded::{Embedded, EmbeddedOptions, default_state_dir, running_url};

#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// Postgres (14 or later) to use, like postgres://user:password@host/database. Without it, `serve` runs an
    /// embedded Postgres of its own in the state directory.
    #[arg(long, env = "FOREWARM_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,

    /// Where the embedded Postgres keeps its data [default: /var/lib/forewarm as root, else
    /// $XDG_STATE_HOME/forewarm].
    #[arg(long, env = "FOREWARM_STATE_DIR")]
    pub state_dir: Option<PathBuf>,

    /// Connections to the database that this process may hold. Count them together: 20 for each process, unless told
    /// otherwise, and the embedded Postgres lets 100 in.
    #[arg(long, env = "FOREWARM_DATABASE_CONNECTIONS", default_value_t = 20, value_parser = clap::value_parser!(u32).range(8..=500))]
    pub database_connections: u32,
}

/// How long a start waits for a database that does not answer yet.
const PATIENCE: Duration = Duration::from_secs(30);

impl DatabaseArgs {
    /// Opens the database of a server, starting the embedded one where none is given.
    pub async fn open(&self) -> anyhow::Result<(Store, Option<Embedded>)> {
        if let Some(url) = &self.database_url {
            return Ok((self.connect(url).await?, None));
        }
        let embedded = Embedded::start(EmbeddedOptions::new(self.state_dir()?)).await?;
        let store = self.connect(&embedded.url()).await?;
        Ok((store, Some(embedded)))
    }

    /// Opens the database of a process that has none of its own: one that is given, or the embedded one of a
    /// `forewarm serve` on this machine.
    pub async fn open_existing(&self) -> anyhow::Result<Store> {
        self.connect(&self.url()?).await
    }

    /// The address of a database that is there: one that is given, or that of a `forewarm serve` on this machine.
    pub fn url(&self) -> anyhow::Result<String> {
        match &self.database_url {
            Some(url) => Ok(url.clone()),
            None => Ok(running_url(&self.state_dir()?)?),
        }
    }

    pub fn state_dir(&self) -> anyhow::Result<PathBuf> {
        match &self.state_dir {
            Some(dir) => Ok(dir.clone()),
            None => Ok(default_state_dir()?),
        }
    }

    async fn connect(&self, url: &str) -> anyhow::Result<Store> {
        let store = Store::open(url, self.database_connections)
            .context("FOREWARM_DATABASE_URL is no Postgres URL")?;
        let begun = std::time::Instant::now();
        while let Err(error) = store.ping().await {
            if begun.elapsed() > PATIENCE {
                return Err(error).context("the database does not answer");
            }
            tracing::warn!(%error, "the database does not answer yet; trying again");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        Ok(store)
    }
}

/// Brings the schema up to date, or says what to do.
pub async fn prepare(store: &Store, migrate: bool) -> anyhow::Result<()> {
    if forewarm_store::is_migrated(store.pool()).await? {
        return Ok(());
    }
    anyhow::ensure!(
        migrate,
        "the database's schema is not that of this version: run `forewarm migrate`, or start with --migrate"
    );
    forewarm_store::migrate(store.pool()).await?;
    tracing::info!("the database's schema is up to date");
    Ok(())
}
