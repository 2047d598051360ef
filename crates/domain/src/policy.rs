//! Policies: which artifacts, to which instances, when, how.

use chrono::{DateTime, Utc};

use crate::criteria::ProjectCriteria;
use crate::filter::Filter;
use crate::harbor::texts::Texts;
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
    /// Those of its project.
    pub criteria: ProjectCriteria,
    pub trigger: Trigger,
    pub options: PreheatOptions,
    pub access: OriginAccess,
    /// Names of the instances, in the order of their names; none = the default instance.
    pub instances: Vec<String>,
    /// Whether runs that nobody asked for leave out what is warm; None = they do.
    pub skip_if_warm: Option<bool>,
    /// When its schedule is due next.
    pub next_fire_at: Option<DateTime<Utc>>,
    pub max_attempts: i32,
    /// How a client of Harbor wrote it.
    pub texts: Texts,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
