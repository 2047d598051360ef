//! What goes in and out of the requests about API tokens.

use chrono::{DateTime, Utc};
use forewarm_domain::access::{Grant, Rights};
use forewarm_domain::token::Token;
use forewarm_domain::{Invalid, name};
use forewarm_store::tokens::TokenDraft;
use poem_openapi::Object;

use crate::auth::Auth;
use crate::checks::Checks;
use crate::error::ApiError;
use crate::grants::{GrantObject, RoleWord};
use crate::projects;
use crate::state::ApiState;

/// An API token, without its text.
#[derive(Object)]
#[oai(rename = "Token", skip_serializing_if_is_none)]
pub struct View {
    id: i64,
    name: String,
    /// Name of the user whose it is.
    user: String,
    role: RoleWord,
    /// Names of the projects in which the role holds; absent: in every project.
    projects: Option<Vec<String>>,
    /// Absent: it does not expire.
    expires_at: Option<DateTime<Utc>>,
    /// To the minute; absent: never.
    last_used_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// A new API token, with its text.
#[derive(Object)]
#[oai(rename = "NewToken")]
pub struct Made {
    pub token: View,
    /// `fwm_…`: shown now and never again.
    pub secret: String,
}

/// An API token to be made.
#[derive(Object)]
#[oai(rename = "TokenWrite")]
pub struct Write {
    /// Letters and digits, with single `.`, `_` or `-` between them.
    #[oai(validator(max_length = 255))]
    name: String,
    role: RoleWord,
    /// Names of the projects in which the role holds; left out: in every project that is open to its user.
    #[oai(validator(max_items = 1000))]
    projects: Option<Vec<String>>,
    /// When it stops to be valid; left out: never.
    expires_at: Option<DateTime<Utc>>,
}

impl Write {
    pub async fn draft(&self, state: &ApiState, auth: &Auth, user_id: i64) -> Result<TokenDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(name::check("name", &self.name));
        checks.check(self.check_expiry(state));
        for name in self.projects.iter().flatten() {
            // What the caller does not see does not exist, here as elsewhere.
            projects::find(state, auth, crate::auth::Need::See, name).await?;
        }
        let grant = GrantObject { role: self.role, projects: self.projects.clone() };
        let grant = grant.resolve(state, &mut checks, "").await?;
        checks.finish(Some(()))?;
        check_rights(auth, &grant)?;
        Ok(TokenDraft { user_id, name: self.name.clone(), grant, expires_at: self.expires_at })
    }

    fn check_expiry(&self, state: &ApiState) -> Result<(), Invalid> {
        let now = state.store.clock().local();
        match self.expires_at {
            Some(end) if end <= now => Err(Invalid::new("expires_at", "must lie in the future")),
            _ => Ok(()),
        }
    }
}

/// Nobody hands out what they do not have. A role without projects is cut down to what its user has, so there only the
/// role itself must be held somewhere.
fn check_rights(auth: &Auth, grant: &Grant) -> Result<(), ApiError> {
    let rights = &auth.caller.rights;
    let holds = match &grant.projects {
        Some(_) => rights.include(&Rights::of([grant])),
        None => rights.highest() >= Some(grant.role),
    };
    match holds {
        true => Ok(()),
        false => Err(ApiError::forbidden(format!("you do not have the role {} yourself there", grant.role))),
    }
}

impl From<Token> for View {
    fn from(token: Token) -> Self {
        let grant = GrantObject::from(&token.grant);
        Self {
            id: token.id,
            name: token.name,
            user: token.user,
            role: grant.role,
            projects: grant.projects,
            expires_at: token.expires_at,
            last_used_at: token.last_used_at,
            created_at: token.created_at,
        }
    }
}
