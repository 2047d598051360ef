//! API tokens: what machines introduce themselves with.

use chrono::{DateTime, Utc};

use crate::access::{Grant, Rights};
use crate::user::User;

/// What every API token begins with, so that scanners for leaked secrets know it.
pub const PREFIX: &str = "fwm_";

/// An API token, as far as it is remembered: of the text itself only a hash is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    pub id: i64,
    /// Whose it is.
    pub user: String,
    pub user_id: i64,
    pub name: String,
    pub grant: Grant,
    /// None = it does not expire.
    pub expires_at: Option<DateTime<Utc>>,
    /// To the minute; None = never used.
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl Token {
    /// What it opens: nothing that is closed to its user.
    pub fn rights(&self, user: &User) -> Rights {
        Rights::of([&self.grant]).within(&user.rights())
    }
}
