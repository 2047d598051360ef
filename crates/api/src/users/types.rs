//! What goes in and out of the requests about users.

use chrono::{DateTime, Utc};
use forewarm_domain::access::Grant;
use forewarm_domain::user::User;
use forewarm_domain::{Invalid, Secret, name};
use forewarm_store::users::UserDraft;
use poem_openapi::Object;

use crate::checks::Checks;
use crate::error::ApiError;
use crate::grants::GrantObject;
use crate::state::ApiState;

/// A user, as far as it may be seen.
#[derive(Object)]
#[oai(rename = "User", skip_serializing_if_is_none)]
pub struct View {
    pub name: String,
    pub description: String,
    /// Nobody gets in by this name, nor with its tokens.
    pub disabled: bool,
    pub grants: Vec<GrantObject>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A user to be stored.
#[derive(Object)]
#[oai(rename = "UserWrite")]
pub struct Write {
    /// Letters and digits, with single `.`, `_` or `-` between them; `current` is taken.
    #[oai(validator(max_length = 255))]
    name: String,
    #[oai(validator(max_length = 2000))]
    description: Option<String>,
    /// 12 to 256 characters. Left out of an update it stays as it is.
    #[oai(validator(max_length = 256))]
    password: Option<String>,
    disabled: Option<bool>,
    /// What it may do; left out: nothing.
    #[oai(validator(max_items = 100))]
    grants: Option<Vec<GrantObject>>,
}

impl Write {
    pub async fn draft(&self, state: &ApiState, current: Option<&User>) -> Result<UserDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(name::check("name", &self.name));
        checks.check(is_free(&self.name));
        checks.check(self.check_password(current));
        let grants = self.grants(state, &mut checks).await?;
        checks.finish(Some(()))?;
        Ok(UserDraft {
            name: self.name.clone(),
            description: self.description.clone().unwrap_or_default(),
            password: self.password.as_ref().map(Secret::new),
            disabled: self.disabled.unwrap_or_default(),
            grants,
        })
    }

    async fn grants(&self, state: &ApiState, checks: &mut Checks) -> Result<Vec<Grant>, ApiError> {
        let mut grants = Vec::new();
        for (i, grant) in self.grants.iter().flatten().enumerate() {
            grants.push(grant.resolve(state, checks, &format!("grants[{i}].")).await?);
        }
        Ok(grants)
    }

    fn check_password(&self, current: Option<&User>) -> Result<(), Invalid> {
        match &self.password {
            Some(password) => check_password("password", password),
            None if current.is_some() => Ok(()),
            None => Err(Invalid::new("password", "is needed for a new user")),
        }
    }
}

/// `/users/current` is who asks.
fn is_free(name: &str) -> Result<(), Invalid> {
    match name {
        "current" => Err(Invalid::new("name", "'current' means whoever asks; choose another")),
        _ => Ok(()),
    }
}

/// NIST SP 800-63B: length is what counts, and no rules about kinds of characters.
pub fn check_password(field: &str, password: &str) -> Result<(), Invalid> {
    let length = password.chars().count();
    match (12..=256).contains(&length) && !password.contains('\0') {
        true => Ok(()),
        false => Err(Invalid::new(field, "must have 12 to 256 characters")),
    }
}

impl From<User> for View {
    fn from(user: User) -> Self {
        Self {
            name: user.name,
            description: user.description,
            disabled: user.disabled,
            grants: user.grants.iter().map(GrantObject::from).collect(),
            created_at: user.created_at,
            updated_at: user.updated_at,
        }
    }
}
