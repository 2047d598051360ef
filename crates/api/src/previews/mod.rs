//! Previews: what a policy would preheat, and why it would not preheat the rest. They change nothing.

mod look;
mod types;

use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::look::{Look, look};
use self::types::View;
use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::input::Input;
use crate::paging::{first_page, usual_page_size};
use crate::policies::types::Write;
use crate::state::ApiState;
use crate::tags::Tag;
use crate::{policies, projects};

pub struct Api;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Policies")]
impl Api {
    /// Preview a policy
    ///
    /// What it would preheat now, and of the rest the first filter or criterion that each failed. Changes nothing.
    /// Waits for the registry, 25 seconds at most, and looks at 10,000 artifacts at most: `complete` tells.
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(
        path = "/projects/:project/policies/:policy/preview",
        method = "post",
        operation_id = "PreviewPolicy"
    )]
    async fn preview(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        /// Name of the policy.
        policy: Path<String>,
        /// Number of the page, from 1; of the tasks and of what is left out alike.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
    ) -> Result<Json<View>, ApiError> {
        let (project, policy) = policies::find(&state, &auth, Need::See, (&project.0, &policy.0)).await?;
        answer(&state, &project, &policy, (page.0, page_size.0)).await
    }

    /// Preview a policy that is not stored
    ///
    /// Like the preview of a stored one; the body is what it would be created with.
    #[oai(path = "/projects/:project/preview", method = "post", operation_id = "PreviewUnsavedPolicy")]
    async fn preview_unsaved(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        /// Number of the page, from 1; of the tasks and of what is left out alike.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
        body: Input<Write>,
    ) -> Result<Json<View>, ApiError> {
        let project = projects::find(&state, &auth, Need::Change, &project.0).await?;
        let policy = body.0.unsaved(&state, &project).await?;
        answer(&state, &project, &policy, (page.0, page_size.0)).await
    }
}

async fn answer(
    state: &ApiState,
    project: &Project,
    policy: &Policy,
    page: (i64, i64),
) -> Result<Json<View>, ApiError> {
    let instances = state.store.instances().chosen(&policy.instances).await?;
    let registry = state.store.registries().by_id(project.registry_id).await?;
    let registry = registry.ok_or_else(|| ApiError::not_found(format!("registry '{}'", project.registry)))?;
    let found: Look = look(state, &registry, project, policy).await?;
    Ok(Json(View::of(&found, &instances, page)))
}
