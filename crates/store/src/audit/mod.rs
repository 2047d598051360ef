//! Table `audit`: who did what to which object, before and after. Written in the transaction of the change itself, so
//! that neither is without the other; never changed, and deleted by age only.

mod images;
mod list;
mod prune;
mod write;

use chrono::{DateTime, Utc};
use serde_json::Value;

pub use list::AuditFilter;
pub(crate) use write::Watched;

use crate::Store;

/// What can be done to something, by kinds of things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Object {
    Registry,
    Instance,
    Project,
    Policy,
    Execution,
    User,
    Token,
}

/// One line of the audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub id: i64,
    pub at: DateTime<Utc>,
    /// `user`, `token`, `identity` or `command`.
    pub actor_kind: String,
    pub actor: String,
    /// Name of the token that was used.
    pub token: Option<String>,
    pub address: Option<String>,
    pub request_id: String,
    /// `create`, `update`, `delete`, `start`, `stop`, `retry`, `set_password`.
    pub action: String,
    pub object: String,
    pub object_id: i64,
    /// Name of the object at that time; an execution has none.
    pub name: Option<String>,
    pub project: Option<String>,
    /// What it was, without secrets; None = it was not there.
    pub before: Option<Value>,
    /// What it is, without secrets; None = it is no more.
    pub after: Option<Value>,
}

impl Object {
    pub const ALL: [Self; 7] = [
        Self::Registry,
        Self::Instance,
        Self::Project,
        Self::Policy,
        Self::Execution,
        Self::User,
        Self::Token,
    ];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Registry => "registry",
            Self::Instance => "instance",
            Self::Project => "project",
            Self::Policy => "policy",
            Self::Execution => "execution",
            Self::User => "user",
            Self::Token => "token",
        }
    }
}

impl Store {
    pub fn audit(&self) -> Audit<'_> {
        Audit { store: self }
    }
}

/// What can be done with the audit log.
#[derive(Debug, Clone, Copy)]
pub struct Audit<'a> {
    store: &'a Store,
}
