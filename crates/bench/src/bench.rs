//! What all measurements share.

use std::collections::HashSet;
use std::path::Path;

use crate::fakes::Fakes;
use crate::postgres::Postgres;
use crate::program::Binary;

pub struct Bench {
    pub postgres: Postgres,
    pub fakes: Fakes,
    pub binary: Binary,
    pub client: reqwest::Client,
    /// Namespaces of the registry that have images.
    pub filled: HashSet<String>,
    /// Smaller numbers, for a look while something is changed.
    pub quick: bool,
    /// How often each figure is measured; the median counts.
    pub rounds: usize,
}

impl Bench {
    pub async fn start(folder: &Path, binary: Binary, quick: bool, rounds: usize) -> anyhow::Result<Self> {
        Ok(Self {
            postgres: Postgres::start(folder).await?,
            fakes: Fakes::start().await?,
            client: reqwest::Client::new(),
            filled: HashSet::new(),
            binary,
            quick,
            rounds,
        })
    }

    pub async fn stop(self) -> anyhow::Result<()> {
        self.postgres.stop().await
    }
}
