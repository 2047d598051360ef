//! Projects: a namespace of one registry.

use chrono::{DateTime, Utc};

use crate::criteria::ProjectCriteria;

#[derive(Debug, Clone, PartialEq)]
pub struct Project {
    pub id: i64,
    pub name: String,
    pub description: String,
    pub registry_id: i64,
    pub registry: String,
    /// First path segments of its repositories, without a slash at the end; empty = the whole registry.
    pub namespace: String,
    pub criteria: ProjectCriteria,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}
