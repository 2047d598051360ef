//! Who may do what here: instances are for system administrators, policies for those who may change their project
//! (Harbor 2.16, `common/rbac/project/rbac_role.go`); our own viewers may read.

use forewarm_domain::project::Project;

use super::errors;
use crate::auth::{Auth, Role};
use crate::error::ApiError;
use crate::state::ApiState;

/// For what concerns the whole system.
pub fn system(auth: &Auth) -> Result<(), ApiError> {
    auth.require(Role::Admin)
}

/// The project, for somebody who reads in it.
pub async fn reader(auth: &Auth, state: &ApiState, name: &str) -> Result<Project, ApiError> {
    auth.require(Role::Viewer)?;
    find(state, name).await
}

/// The project, for somebody who changes or runs something in it.
pub async fn changer(auth: &Auth, state: &ApiState, name: &str) -> Result<Project, ApiError> {
    auth.require(Role::Operator)?;
    find(state, name).await
}

/// The same by id.
pub async fn reader_by_id(auth: &Auth, state: &ApiState, id: i64) -> Result<Project, ApiError> {
    auth.require(Role::Viewer)?;
    let found = state.store.projects().by_id(id).await?;
    found.ok_or_else(|| errors::not_found(format!("project {id}")))
}

/// All projects that one may see, in the order of their names.
pub async fn visible(auth: &Auth, state: &ApiState) -> Result<Vec<Project>, ApiError> {
    auth.require(Role::Viewer)?;
    Ok(state.store.projects().all().await?)
}

/// Harbor's number of one's role in a project: 1 is its administrator, 3 a guest (Harbor 2.16, `common/const.go`).
pub fn role_in(auth: &Auth, _project: &Project) -> i64 {
    if auth.require(Role::Operator).is_ok() { 1 } else { 3 }
}

async fn find(state: &ApiState, name: &str) -> Result<Project, ApiError> {
    let found = state.store.projects().get(name).await?;
    found.ok_or_else(|| errors::not_found(format!("project {name}")))
}
