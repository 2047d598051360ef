//! Policies: which artifacts go to which instances, when and how.

pub mod run;
pub mod types;

use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::types::{View, Write};
use crate::answers::{Created, Gone, Listed, deleted, location, written};
use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::executions::{ExecutionView, created};
use crate::input::Input;
use crate::paging::{Paging, SortBy, first_page, usual_page_size};
use crate::projects;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Policies")]
impl Api {
    /// List policies of a project
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/projects/:project/policies", method = "get", operation_id = "ListPolicies")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// Name of the project.
        project: Path<String>,
        /// Number of the page, from 1.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
        /// Only names that contain this text.
        q: Query<Option<String>>,
        sort: Query<Option<SortBy>>,
    ) -> Result<Listed<View>, ApiError> {
        let project = projects::find(&state, &auth, Need::See, &project.0).await?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let listing = paging.listing(q.0, sort.0);
        let found = state.store.policies().list(project.id, &listing).await?;
        let now = state.store.clock().local();
        Ok(paging.answer(found, |policy| View::at(policy, now)))
    }

    /// Create a policy
    #[oai(path = "/projects/:project/policies", method = "post", operation_id = "CreatePolicy")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        body: Input<Write>,
    ) -> Result<Created<View>, ApiError> {
        let project = projects::find(&state, &auth, Need::Change, &project.0).await?;
        let draft = body.0.draft(&state, None).await?;
        let outcome = auth.store(&state).policies().create(project.id, &draft).await?;
        let policy = written(outcome, &draft.name)?;
        let at = location(&["api", "v1", "projects", &project.name, "policies", &policy.name]);
        Ok(Created::At(Json(View::at(policy, state.store.clock().local())), at))
    }

    /// Get a policy
    #[oai(path = "/projects/:project/policies/:policy", method = "get", operation_id = "GetPolicy")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        /// Name of the policy.
        policy: Path<String>,
    ) -> Result<Json<View>, ApiError> {
        let (_, policy) = find(&state, &auth, Need::See, (&project.0, &policy.0)).await?;
        Ok(Json(View::at(policy, state.store.clock().local())))
    }

    /// Change a policy
    ///
    /// The body replaces everything but the access to the origin that it leaves out. Executions that run already go on
    /// as they were started.
    #[oai(path = "/projects/:project/policies/:policy", method = "put", operation_id = "UpdatePolicy")]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        /// Name of the policy.
        policy: Path<String>,
        body: Input<Write>,
    ) -> Result<Json<View>, ApiError> {
        let (_, current) = find(&state, &auth, Need::Change, (&project.0, &policy.0)).await?;
        let draft = body.0.draft(&state, Some(&current)).await?;
        let outcome = auth.store(&state).policies().update(current.id, &draft).await?;
        let policy = written(outcome, &draft.name)?;
        Ok(Json(View::at(policy, state.store.clock().local())))
    }

    /// Delete a policy
    ///
    /// Refused while an execution of it is unfinished.
    #[oai(path = "/projects/:project/policies/:policy", method = "delete", operation_id = "DeletePolicy")]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        /// Name of the policy.
        policy: Path<String>,
    ) -> Result<Gone, ApiError> {
        let project = projects::find(&state, &auth, Need::Change, &project.0).await?;
        let outcome = auth.store(&state).policies().delete(project.id, &policy.0).await?;
        deleted(outcome, "policy", &policy.0)
    }

    /// Run a policy
    ///
    /// Whatever its trigger is: the execution is labelled `manual`.
    #[oai(
        path = "/projects/:project/policies/:policy/executions",
        method = "post",
        operation_id = "RunPolicy"
    )]
    async fn run(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        /// Name of the policy.
        policy: Path<String>,
        /// Leave out what is proven warm already. Left out: everything is preheated.
        skip_if_warm: Query<Option<bool>>,
    ) -> Result<Created<ExecutionView>, ApiError> {
        let (project, policy) = find(&state, &auth, Need::Change, (&project.0, &policy.0)).await?;
        let store = auth.store(&state);
        Ok(created(run::run(&store, &project, &policy, skip_if_warm.0.unwrap_or(false)).await?))
    }
}

/// The policy with this name, and its project.
pub async fn find(
    state: &ApiState,
    auth: &Auth,
    need: Need,
    (project, policy): (&str, &str),
) -> Result<(Project, Policy), ApiError> {
    let project = projects::find(state, auth, need, project).await?;
    let found = state.store.policies().get(project.id, policy).await?;
    let policy = found
        .ok_or_else(|| ApiError::not_found(format!("policy '{policy}' in project '{}'", project.name)))?;
    Ok((project, policy))
}
