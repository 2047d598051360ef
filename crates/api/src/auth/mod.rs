//! Who is asking, and what they may do: the one place for both.

mod caller;
mod credentials;
mod failures;
mod gate;
mod identify;
mod oidc;
mod verified;

use std::fmt::Display;

use forewarm_domain::access::{Reach, Rights, Role};
use forewarm_domain::project::Project;
use forewarm_store::Store;
use poem::{FromRequest, Request, RequestBody, Result};

pub use caller::{Caller, Kind};
pub use gate::{Gate, GateSettings};
pub use oidc::{Issuer, Oidc, OidcSettings, RoleRule};

use crate::error::ApiError;
use crate::state::ApiState;

/// The first argument of every handler but the public ones, so that a stranger is turned away before anything else of
/// the request is looked at.
pub struct Auth {
    pub caller: Caller,
}

/// What a request wants with something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    See,
    Change,
}

impl Auth {
    /// For what belongs to no project and has no name: lists of registries, making instances, the audit log.
    pub fn system_admin(&self) -> Result<(), ApiError> {
        match self.rights().is_system_admin() {
            true => Ok(()),
            false => Err(ApiError::forbidden("this needs the role system_admin")),
        }
    }

    /// For one thing that only system administrators see; to others it does not exist.
    pub fn system(&self, what: impl Display) -> Result<(), ApiError> {
        self.may(Need::Change, None, what)
    }

    /// For what belongs to a project, or (None) to the system. What one may not see does not exist (404), what one may
    /// see but not change is refused (403).
    pub fn may(&self, need: Need, project: Option<i64>, what: impl Display) -> Result<(), ApiError> {
        let role = match project {
            Some(id) => self.rights().role_in(id),
            None => self.rights().is_system_admin().then_some(Role::SystemAdmin),
        };
        match role {
            None => Err(self.missing(what)),
            Some(role) if role < need.role() => {
                let message = format!("changing {what} needs the role {}", need.role());
                Err(ApiError::forbidden(message))
            }
            Some(_) => Ok(()),
        }
    }

    pub fn may_in(&self, need: Need, project: &Project) -> Result<(), ApiError> {
        self.may(need, Some(project.id), format!("project '{}'", project.name))
    }

    /// There is no such thing, or none that the caller may see: the answer is the same.
    pub fn missing(&self, what: impl Display) -> ApiError {
        match self.rights().is_system_admin() {
            true => ApiError::not_found(what),
            false => ApiError::not_found(format!("{what} that you may see")),
        }
    }

    /// Which projects a list shows.
    pub fn reach(&self) -> Reach {
        self.rights().reach()
    }

    /// The store, for changes: what they change is written down with who changed it.
    pub fn store(&self, state: &ApiState) -> Store {
        state.store.acting(self.caller.actor())
    }

    fn rights(&self) -> &Rights {
        &self.caller.rights
    }
}

impl Need {
    fn role(self) -> Role {
        match self {
            Self::See => Role::ProjectViewer,
            Self::Change => Role::ProjectAdmin,
        }
    }
}

impl<'a> FromRequest<'a> for Auth {
    async fn from_request(request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        let state = request
            .data::<ApiState>()
            .ok_or_else(|| ApiError::internal("the state is missing from the request"))?;
        Ok(Self { caller: identify::identify(request, state).await? })
    }
}
