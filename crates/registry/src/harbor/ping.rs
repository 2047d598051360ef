//! Finds out whether something is a Harbor, and whether it knows us.

use forewarm_domain::auth::Auth;
use forewarm_http::error::place;
use serde::Deserialize;
use serde_json::Value;

use super::Harbor;
use super::api::Call;
use crate::RegistryError;

/// `GET /systeminfo`. The version is told only to those whom Harbor knows.
#[derive(Debug, Deserialize)]
struct Info {
    auth_mode: Option<String>,
    harbor_version: Option<String>,
}

impl Harbor {
    /// Says what answered and how much of it the account sees. Wrong credentials must be looked for: Harbor treats who
    /// brings them as a stranger, and shows him the public projects.
    pub(super) async fn greet(&self) -> Result<String, RegistryError> {
        let call = Call::new(&["systeminfo"], "Harbor's /api/v2.0/systeminfo", "to sign in");
        let info: Info = match self.get(&call).await {
            Err(RegistryError::NotFound(reason) | RegistryError::Lying(reason)) => {
                return Err(self.stranger(&reason));
            }
            answer => answer?,
        };
        if info.auth_mode.is_none() {
            return Err(self.stranger("its systeminfo says nothing of itself"));
        }
        let seen = self.projects_seen().await?;
        match (self.session.auth(), info.harbor_version) {
            (Auth::None, _) => Ok(format!("Harbor, asked without credentials; it shows {seen}")),
            (_, None) => {
                let place = place(self.session.base());
                Err(RegistryError::Denied(format!("{place}: Harbor does not accept the credentials")))
            }
            (auth, Some(version)) => {
                // Engines pull with tokens of the registry side: that must let us in, too.
                self.distribution.ping().await?;
                Ok(format!("Harbor {}, asked {}; it shows {seen}", line(&version), whom(auth)))
            }
        }
    }

    async fn projects_seen(&self) -> Result<String, RegistryError> {
        let call = Call::new(&["projects"], "the projects", "project: list").with("page_size", "1");
        let answer = self.ask(&call, &[]).await?;
        let total = answer.header("x-total-count").and_then(|total| total.parse::<u64>().ok());
        let _: Value = self.read(&call, answer).await?;
        Ok(match total {
            Some(1) => "1 project".to_owned(),
            Some(total) => format!("{total} projects"),
            None => "an unknown number of projects".to_owned(),
        })
    }

    fn stranger(&self, why: &str) -> RegistryError {
        let place = place(self.session.base());
        RegistryError::Lying(format!("{place} is not a Harbor: {why}"))
    }
}

fn whom(auth: &Auth) -> String {
    match auth {
        Auth::Basic { username, .. } => format!("as {username}"),
        _ => "with credentials".to_owned(),
    }
}

fn line(version: &str) -> String {
    version.chars().filter(|c| !c.is_control()).take(80).collect()
}
