//! Which server a command talks to, and as whom.

use std::path::PathBuf;

use clap::Args;
use forewarm_domain::Secret;

use crate::client::DEFAULT_SERVER;
use crate::passwords;

#[derive(Debug, Clone, Args)]
pub struct ServerArgs {
    /// Address of the server.
    #[arg(long, value_name = "URL", env = "FOREWARM_SERVER", default_value = DEFAULT_SERVER)]
    pub server: String,

    /// File with an API token. The variable FOREWARM_TOKEN does as well.
    #[arg(long, value_name = "FILE", env = "FOREWARM_TOKEN_FILE")]
    pub token_file: Option<PathBuf>,

    /// Name of a user, whose password is in the file that --password-file names, or in the variable FOREWARM_PASSWORD.
    #[arg(long, value_name = "NAME", env = "FOREWARM_USER")]
    pub user: Option<String>,

    /// File with the user's password.
    #[arg(long, value_name = "FILE", env = "FOREWARM_PASSWORD_FILE")]
    pub password_file: Option<PathBuf>,
}

/// What a command introduces itself with.
#[derive(Debug, Clone)]
pub enum Login {
    Nobody,
    Token(Secret),
    User(String, Secret),
}

impl ServerArgs {
    /// Secrets come from files and variables only: a command line is seen by everybody on the machine.
    pub fn login(&self) -> anyhow::Result<Login> {
        if let Some(token) = secret(self.token_file.as_ref(), "FOREWARM_TOKEN")? {
            return Ok(Login::Token(token));
        }
        let Some(user) = &self.user else {
            return Ok(Login::Nobody);
        };
        let password = secret(self.password_file.as_ref(), "FOREWARM_PASSWORD")?;
        let password = password.ok_or_else(|| {
            anyhow::anyhow!(
                "--user needs a password: give --password-file, or the variable FOREWARM_PASSWORD"
            )
        })?;
        Ok(Login::User(user.clone(), password))
    }
}

fn secret(file: Option<&PathBuf>, variable: &str) -> anyhow::Result<Option<Secret>> {
    match file {
        Some(path) => passwords::read(path).map(Some),
        None => Ok(std::env::var(variable).ok().filter(|text| !text.is_empty()).map(Secret::new)),
    }
}
