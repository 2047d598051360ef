//! Policies: which artifacts go to which instance, and when.

mod merge;
mod types;

use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use poem::http::{StatusCode, Uri};
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::types::{COLUMNS, Model};
use super::answers::{Done, Listed, Made, deleted, written};
use super::body::Body;
use super::lists::{Asked, first_page, usual_page_size};
use super::{access, errors};
use crate::answers::location;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::policies::run;
use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::Preheat")]
impl Api {
    /// List policies of a project
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/projects/:project_name/preheat/policies", method = "get", operation_id = "ListPolicies")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// The name of the project.
        project_name: Path<String>,
        /// The page number; 0 is 1.
        #[oai(default = "first_page", validator(minimum(value = "0")))]
        page: Query<i64>,
        /// The size of a page; 0: up to 1,000 rows.
        #[oai(default = "usual_page_size", validator(minimum(value = "0"), maximum(value = "100")))]
        page_size: Query<i64>,
        /// Conditions: `k=v`, `k=~v` (contains), `k=[min~max]`, `k={a b}` (one of), separated by commas.
        q: Query<Option<String>>,
        /// Fields to sort by, separated by commas; `-` before one turns it around.
        sort: Query<Option<String>>,
    ) -> Result<Listed<Model>, ApiError> {
        let project = access::reader(&auth, &state, &project_name.0).await?;
        let asked = Asked { uri, page: page.0, page_size: page_size.0, q: q.0, sort: sort.0 };
        let listing = asked.read(COLUMNS)?;
        let mut policies = state.store.policies().of_project(project.id).await?;
        policies.sort_by_key(|policy| (policy.updated_at, std::cmp::Reverse(policy.id)));
        let instances = state.store.instances().all().await?;
        let models = policies.into_iter().map(|policy| Model::of(policy, &instances)).collect();
        Ok(listing.answer(listing.choose(models, Model::field), |model| model))
    }

    /// Create a policy
    #[oai(path = "/projects/:project_name/preheat/policies", method = "post", operation_id = "CreatePolicy")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        body: Body<Model>,
    ) -> Result<Made, ApiError> {
        let project = access::changer(&auth, &state, &project_name.0).await?;
        let draft = body.0.draft(None, &state.store.instances().all().await?)?;
        let outcome = auth.store(&state).policies().create(project.id, &draft).await?;
        let policy = written(outcome, "policy", &draft.name)?;
        let at = ["api", "v2.0", "projects", &project.name, "preheat", "policies", &policy.name];
        Ok(Made::At(location(&at)))
    }

    /// Get a policy
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name",
        method = "get",
        operation_id = "GetPolicy"
    )]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
    ) -> Result<Json<Model>, ApiError> {
        let project = access::reader(&auth, &state, &project_name.0).await?;
        let policy = find(&state, &project, &preheat_policy_name.0).await?;
        Ok(Json(Model::of(policy, &state.store.instances().all().await?)))
    }

    /// Change a policy
    ///
    /// What is left out takes its default, but for what the fields say; what Harbor has no fields for stays.
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name",
        method = "put",
        operation_id = "UpdatePolicy"
    )]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
        body: Body<Model>,
    ) -> Result<Done, ApiError> {
        let project = access::changer(&auth, &state, &project_name.0).await?;
        let current = find(&state, &project, &preheat_policy_name.0).await?;
        let draft = body.0.draft(Some(&current), &state.store.instances().all().await?)?;
        let outcome = auth.store(&state).policies().update(current.id, &draft).await?;
        written(outcome, "policy", &draft.name)?;
        Ok(Done::Empty)
    }

    /// Run a policy
    ///
    /// Whatever its trigger is: the execution is labelled `manual`. The body must be an object and means nothing. The
    /// header Location is Harbor's: the path of the execution without `/api/v2.0`.
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name",
        method = "post",
        operation_id = "ManualPreheat"
    )]
    async fn run(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
        _body: Body<Model>,
    ) -> Result<Made, ApiError> {
        let project = access::changer(&auth, &state, &project_name.0).await?;
        let policy = find(&state, &project, &preheat_policy_name.0).await?;
        let started = run::run(&auth.store(&state), &project, &policy, false).await;
        let id = started.map_err(as_precondition)?.id.to_string();
        let at = ["projects", &project.name, "preheat", "policies", &policy.name, "executions", &id];
        Ok(Made::At(location(&at)))
    }

    /// Delete a policy
    ///
    /// Refused while an execution of it is unfinished.
    #[oai(
        path = "/projects/:project_name/preheat/policies/:preheat_policy_name",
        method = "delete",
        operation_id = "DeletePolicy"
    )]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
        /// The name of the policy.
        preheat_policy_name: Path<String>,
    ) -> Result<Done, ApiError> {
        let project = access::changer(&auth, &state, &project_name.0).await?;
        let name = preheat_policy_name.0;
        deleted(auth.store(&state).policies().delete(project.id, &name).await?, "policy", &name)
    }
}

/// The policy of this name in the project.
pub async fn find(state: &ApiState, project: &Project, name: &str) -> Result<Policy, ApiError> {
    let found = state.store.policies().get(project.id, name).await?;
    found.ok_or_else(|| errors::not_found(format!("policy {name}")))
}

/// What `/api/v1` calls a conflict is a precondition in Harbor's words.
fn as_precondition(error: ApiError) -> ApiError {
    match error.status {
        StatusCode::CONFLICT => ApiError { status: StatusCode::PRECONDITION_FAILED, ..error },
        _ => error,
    }
}
