//! Somebody who may do something.

use chrono::{DateTime, Utc};

use crate::access::{Grant, Rights};

/// A person, or a machine with a password. The password's hash stays in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: i64,
    pub name: String,
    pub description: String,
    /// Nobody gets in by this name, nor with its tokens.
    pub disabled: bool,
    pub grants: Vec<Grant>,
    /// Counts changes; what was verified before the last one is verified anew.
    pub changed: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl User {
    pub fn rights(&self) -> Rights {
        Rights::of(&self.grants)
    }
}
