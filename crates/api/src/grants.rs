//! Roles and where they hold, as the API tells and takes them.

use std::collections::BTreeMap;

use forewarm_domain::Invalid;
use forewarm_domain::access::{Grant, Role};
use poem_openapi::{Enum, Object};

use crate::checks::Checks;
use crate::error::ApiError;
use crate::state::ApiState;

/// What somebody may do: `project_viewer` sees a project, `project_admin` also edits its policies and runs them,
/// `system_admin` may do everything, registries, instances, projects and users included.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[oai(rename = "Role", rename_all = "snake_case")]
pub enum RoleWord {
    ProjectViewer,
    ProjectAdmin,
    SystemAdmin,
}

/// A role, and where it holds.
#[derive(Object, Debug, Clone)]
#[oai(rename = "Grant", skip_serializing_if_is_none)]
pub struct GrantObject {
    pub role: RoleWord,
    /// Names of the projects; left out: every project, also later ones.
    #[oai(validator(max_items = 1000))]
    pub projects: Option<Vec<String>>,
}

impl GrantObject {
    /// The grant that is meant; projects that there are not are complained about.
    pub async fn resolve(
        &self,
        state: &ApiState,
        checks: &mut Checks,
        field: &str,
    ) -> Result<Grant, ApiError> {
        let role = Role::from(self.role);
        let Some(names) = &self.projects else {
            return Ok(Grant { role, projects: None });
        };
        if role == Role::SystemAdmin {
            checks.add([Invalid::new(
                format!("{field}projects"),
                "must be left out with the role system_admin",
            )]);
        }
        let mut projects = BTreeMap::new();
        for (i, name) in names.iter().enumerate() {
            match state.store.projects().get(name).await? {
                Some(project) => {
                    projects.insert(project.id, project.name);
                }
                None => checks.add([Invalid::new(
                    format!("{field}projects[{i}]"),
                    format!("there is no project '{name}'"),
                )]),
            }
        }
        Ok(Grant { role, projects: Some(projects) })
    }
}

impl From<&Grant> for GrantObject {
    fn from(grant: &Grant) -> Self {
        Self {
            role: grant.role.into(),
            projects: grant.projects.as_ref().map(|projects| projects.values().cloned().collect()),
        }
    }
}

impl From<Role> for RoleWord {
    fn from(role: Role) -> Self {
        match role {
            Role::ProjectViewer => Self::ProjectViewer,
            Role::ProjectAdmin => Self::ProjectAdmin,
            Role::SystemAdmin => Self::SystemAdmin,
        }
    }
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::ProjectViewer => Self::ProjectViewer,
            RoleWord::ProjectAdmin => Self::ProjectAdmin,
            RoleWord::SystemAdmin => Self::SystemAdmin,
        }
    }
}
