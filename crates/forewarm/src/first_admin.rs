//! The first user of a new database.

use std::path::PathBuf;

use anyhow::{Context as _, ensure};
use clap::Args;
use forewarm_domain::Secret;
use forewarm_store::Store;

use crate::passwords;

/// Name of the first user.
pub const ADMIN: &str = "admin";

#[derive(Debug, Clone, Default, Args)]
pub struct FirstAdminArgs {
    /// File with the password of the first user, `admin`, who is made if the database knows no user yet. The variable
    /// FOREWARM_ADMIN_PASSWORD does as well. Without either, a password is made up and printed once.
    #[arg(long, value_name = "FILE", env = "FOREWARM_ADMIN_PASSWORD_FILE")]
    pub admin_password_file: Option<PathBuf>,
}

impl FirstAdminArgs {
    /// Makes the user `admin` where there is none at all. Prints a password that was made up: it is nowhere else.
    pub async fn ensure(&self, store: &Store) -> anyhow::Result<()> {
        if store.users().exist().await? {
            return Ok(());
        }
        let given = self.given()?;
        let password = given.clone().unwrap_or_else(passwords::generate);
        if !store.users().create_first(ADMIN, &password).await? {
            return Ok(());
        }
        tracing::info!(user = ADMIN, "made the first user, who may do everything");
        if given.is_none() {
            println!("The first user is '{ADMIN}' with the password {} (shown only now).", password.expose());
        }
        Ok(())
    }

    fn given(&self) -> anyhow::Result<Option<Secret>> {
        let text = match &self.admin_password_file {
            Some(path) => Some(passwords::read(path)?),
            None => std::env::var("FOREWARM_ADMIN_PASSWORD").ok().map(Secret::new),
        };
        if let Some(password) = &text {
            ensure!(
                password.expose().chars().count() >= 12,
                "the password of the first user must have at least 12 characters"
            );
        }
        Ok(text)
    }
}

impl FirstAdminArgs {
    /// Makes the user `admin` with this password, for a database that nobody else sees.
    pub async fn set(store: &Store, password: &Secret) -> anyhow::Result<()> {
        store.users().create_first(ADMIN, password).await.context("the first user")?;
        Ok(())
    }
}
