//! The Postgres that everything is measured on: set up as Forewarm sets up its own, with fsync, in a fresh cluster.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use forewarm_store::embedded::{Embedded, EmbeddedOptions};
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::usage;

pub struct Postgres {
    embedded: Embedded,
    databases: AtomicUsize,
}

impl Postgres {
    pub async fn start(folder: &Path) -> anyhow::Result<Self> {
        let embedded = Embedded::start(EmbeddedOptions::new(folder.join("postgres"))).await?;
        Ok(Self { embedded, databases: AtomicUsize::new(0) })
    }

    /// The address of a new, empty database.
    pub async fn create_database(&self) -> anyhow::Result<String> {
        let name = format!("bench_{}", self.databases.fetch_add(1, Ordering::Relaxed));
        self.run(&format!("CREATE DATABASE {name}")).await?;
        Ok(self.embedded.url().replace("/postgres?", &format!("/{name}?")))
    }

    pub async fn drop_database(&self, url: &str) -> anyhow::Result<()> {
        let address = url.split('?').next().unwrap_or_default();
        let (_, name) = address.rsplit_once('/').context("the database's address")?;
        ensure!(name.starts_with("bench_"), "{name} is not one of ours");
        self.run(&format!("DROP DATABASE {name} WITH (FORCE)")).await
    }

    /// Writes everything out, so that no round pays for the one before.
    pub async fn settle(&self) -> anyhow::Result<()> {
        self.run("CHECKPOINT").await
    }

    pub async fn version(&self) -> anyhow::Result<String> {
        let mut connection = PgConnection::connect(&self.embedded.url()).await?;
        Ok(sqlx::query_scalar("SHOW server_version").fetch_one(&mut connection).await?)
    }

    /// CPU time of all its processes.
    pub fn cpu(&self) -> anyhow::Result<Duration> {
        usage::family_cpu(u32::try_from(self.embedded.pid())?)
    }

    /// One of the programs that come with this server.
    pub fn program(&self, name: &str) -> anyhow::Result<PathBuf> {
        let server = std::fs::read_link(format!("/proc/{}/exe", self.embedded.pid()))?;
        let program = server.with_file_name(name);
        ensure!(program.is_file(), "{} is missing: it comes with the server's package", program.display());
        Ok(program)
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        Ok(self.embedded.stop().await?)
    }

    async fn run(&self, sql: &str) -> anyhow::Result<()> {
        let mut connection = PgConnection::connect(&self.embedded.url()).await?;
        // Made of names of our own.
        connection.execute(AssertSqlSafe(sql)).await.with_context(|| sql.to_owned())?;
        Ok(())
    }
}
