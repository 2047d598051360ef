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

impl Project {
    /// Whether a repository of its registry lies in it.
    pub fn holds(&self, repository: &str) -> bool {
        let below = repository.strip_prefix(&self.namespace);
        self.namespace.is_empty() || below.is_some_and(|rest| rest.starts_with('/'))
    }
}
