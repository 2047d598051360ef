//! Tables `users` and `user_grants`: who may do what.

mod first;
mod password;
mod read;
mod write;

use forewarm_domain::Secret;
use forewarm_domain::access::Grant;
use forewarm_domain::user::User;

pub use password::hash;
pub(crate) use read::{GrantRow, grants};
pub use write::UserDeleted;

use crate::Store;

/// What an administrator decides about a user.
#[derive(Debug, Clone)]
pub struct UserDraft {
    pub name: String,
    pub description: String,
    /// None = it stays as it is; a new user must have one.
    pub password: Option<Secret>,
    pub disabled: bool,
    pub grants: Vec<Grant>,
}

/// What became of a wish to change a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserWritten {
    Done(User),
    NameTaken,
    /// It, or a project of its grants, was deleted meanwhile.
    Gone,
    /// Nobody would be left who may change users.
    LastAdmin,
}

impl Store {
    pub fn users(&self) -> Users<'_> {
        Users { store: self }
    }
}

/// What can be done with users.
#[derive(Debug, Clone, Copy)]
pub struct Users<'a> {
    pub(crate) store: &'a Store,
}
