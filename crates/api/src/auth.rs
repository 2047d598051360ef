//! Who is asking, and what they may do: the one place for both.

use poem::{FromRequest, Request, RequestBody, Result};

use crate::error::ApiError;

/// The first argument of every handler, so that a stranger is turned away before anything else of the request is
/// looked at.
pub struct Auth {
    role: Role,
}

/// What somebody may do; each role includes the ones before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// Looks at everything but secrets.
    Viewer,
    /// Also edits policies and runs them.
    Operator,
    /// Also edits registries, instances and projects.
    Admin,
}

impl Auth {
    /// The first line of every handler.
    pub fn require(&self, role: Role) -> Result<(), ApiError> {
        if self.role >= role {
            return Ok(());
        }
        Err(ApiError::new(poem::http::StatusCode::FORBIDDEN, "this needs more rights than yours"))
    }
}

/// There is no access control yet: everybody who reaches the port is an administrator, which is why the server binds
/// to the loopback address unless it is told otherwise.
impl<'a> FromRequest<'a> for Auth {
    async fn from_request(_request: &'a Request, _body: &mut RequestBody) -> Result<Self> {
        Ok(Self { role: Role::Admin })
    }
}
