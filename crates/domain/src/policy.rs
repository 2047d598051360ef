//! Policies: which artifacts, to which instances, when, how.

use chrono::{DateTime, Utc};

use crate::filter::Filter;
use crate::options::{OriginAccess, PreheatOptions};
use crate::trigger::Trigger;

/// How often a task is tried when the policy does not say.
pub const DEFAULT_MAX_ATTEMPTS: i32 = 5;

#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    pub id: i64,
    pub project_id: i64,
    pub project: String,
    pub name: String,
    pub description: String,
    pub enabled: bool,
    pub filters: Vec<Filter>,
    pub trigger: Trigger,
    pub options: PreheatOptions,
    pub access: OriginAccess,
    /// Names of the instances, in the order of their names.
    pub instances: Vec<String>,
    pub max_attempts: i32,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
