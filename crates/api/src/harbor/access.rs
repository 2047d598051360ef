//! Who may do what here: instances are for system administrators, policies for those who may change their project
//! (Harbor 2.16, `common/rbac/project/rbac_role.go`); our own viewers may read.
//!
//! Harbor answers 403 where `/api/v1` answers 404: a project that one may not see looks like one that does not exist.

use forewarm_domain::access::Role;
use forewarm_domain::project::Project;

use super::errors;
use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::state::ApiState;

/// Harbor's numbers of roles in a project (Harbor 2.16, `common/const.go`).
const PROJECT_ADMIN: i64 = 1;
const GUEST: i64 = 3;

/// For what concerns the whole system; Harbor then tells nothing but whose rights do not suffice.
pub fn system(auth: &Auth) -> Result<(), ApiError> {
    if auth.caller.rights.is_system_admin() {
        return Ok(());
    }
    Err(ApiError::forbidden(&auth.caller.name))
}

/// The project, for somebody who reads in it.
pub async fn reader(auth: &Auth, state: &ApiState, name: &str) -> Result<Project, ApiError> {
    let found = state.store.projects().get(name).await?;
    open(auth, Need::See, found, name)
}

/// The same by id.
pub async fn reader_by_id(auth: &Auth, state: &ApiState, id: i64) -> Result<Project, ApiError> {
    let found = state.store.projects().by_id(id).await?;
    open(auth, Need::See, found, &id.to_string())
}

/// The project, for somebody who changes or runs something in it.
pub async fn changer(auth: &Auth, state: &ApiState, name: &str) -> Result<Project, ApiError> {
    let found = state.store.projects().get(name).await?;
    open(auth, Need::Change, found, name)
}

/// All projects that one may see, in the order of their names.
pub async fn visible(auth: &Auth, state: &ApiState) -> Result<Vec<Project>, ApiError> {
    let mut projects = state.store.projects().all().await?;
    projects.retain(|project| auth.may_in(Need::See, project).is_ok());
    Ok(projects)
}

/// The number of one's role in a project.
pub fn role_in(auth: &Auth, project: &Project) -> i64 {
    let role = auth.caller.rights.role_in(project.id);
    if role >= Some(Role::ProjectAdmin) { PROJECT_ADMIN } else { GUEST }
}

fn open(auth: &Auth, need: Need, found: Option<Project>, name: &str) -> Result<Project, ApiError> {
    match found {
        Some(project) if auth.may_in(need, &project).is_ok() => Ok(project),
        None if auth.caller.rights.is_system_admin() => Err(errors::not_found(format!("project {name}"))),
        Some(_) | None => Err(ApiError::forbidden("forbidden")),
    }
}
