//! Projects: namespaces of registries.

use chrono::{DateTime, Utc};
use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::project::Project;
use forewarm_domain::registry::Registry;
use forewarm_domain::{Invalid, name};
use forewarm_store::projects::ProjectDraft;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::answers::{Created, Gone, Listed, deleted, location, written};
use crate::auth::{Auth, Need};
use crate::checks::{self, Checks};
use crate::criteria::CriteriaObject;
use crate::error::ApiError;
use crate::input::Input;
use crate::paging::{Paging, SortBy, first_page, usual_page_size};
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// A namespace of a registry.
#[derive(Object)]
#[oai(rename = "Project")]
struct View {
    name: String,
    description: String,
    /// Name of the registry.
    registry: String,
    /// First path segments of its repositories; empty: the whole registry.
    namespace: String,
    criteria: CriteriaObject,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A project to be stored.
#[derive(Object)]
#[oai(rename = "ProjectWrite")]
struct Write {
    /// Letters and digits, with single `.`, `_` or `-` between them.
    #[oai(validator(max_length = 255))]
    name: String,
    #[oai(validator(max_length = 2000))]
    description: Option<String>,
    /// Name of the registry.
    registry: String,
    /// First path segments of its repositories; left out: the whole registry.
    namespace: Option<String>,
    /// Left out: none of its own, and those of the registry's project where it has such (Harbor).
    criteria: Option<CriteriaObject>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Projects")]
impl Api {
    /// List projects
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/projects", method = "get", operation_id = "ListProjects")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
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
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let found = state.store.projects().list(&paging.listing(q.0, sort.0), &auth.reach()).await?;
        Ok(paging.answer(found, View::from))
    }

    /// Create a project
    #[oai(path = "/projects", method = "post", operation_id = "CreateProject")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Write>,
    ) -> Result<Created<View>, ApiError> {
        auth.system_admin()?;
        let draft = body.0.draft(&state).await?;
        let project = written(auth.store(&state).projects().create(&draft).await?, &draft.name)?;
        let at = location(&["api", "v1", "projects", &project.name]);
        Ok(Created::At(Json(project.into()), at))
    }

    /// Get a project
    #[oai(path = "/projects/:project", method = "get", operation_id = "GetProject")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
    ) -> Result<Json<View>, ApiError> {
        Ok(Json(find(&state, &auth, Need::See, &project.0).await?.into()))
    }

    /// Change a project
    #[oai(path = "/projects/:project", method = "put", operation_id = "UpdateProject")]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
        body: Input<Write>,
    ) -> Result<Json<View>, ApiError> {
        let current = find_to_configure(&state, &auth, &project.0).await?;
        let draft = body.0.draft(&state).await?;
        let outcome = auth.store(&state).projects().update(current.id, &draft).await?;
        Ok(Json(written(outcome, &draft.name)?.into()))
    }

    /// Delete a project
    ///
    /// Refused while it has policies.
    #[oai(path = "/projects/:project", method = "delete", operation_id = "DeleteProject")]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
    ) -> Result<Gone, ApiError> {
        find_to_configure(&state, &auth, &project.0).await?;
        let outcome = auth.store(&state).projects().delete(&project.0).await?;
        deleted(outcome, "project", &project.0)
    }
}

/// The project with this name.
pub async fn find(state: &ApiState, auth: &Auth, need: Need, name: &str) -> Result<Project, ApiError> {
    let found = state.store.projects().get(name).await?;
    let project = found.ok_or_else(|| auth.missing(format!("project '{name}'")))?;
    auth.may_in(need, &project)?;
    Ok(project)
}

/// The project with this name, for who decides where it lies and what it demands.
async fn find_to_configure(state: &ApiState, auth: &Auth, name: &str) -> Result<Project, ApiError> {
    let project = find(state, auth, Need::See, name).await?;
    auth.system_admin()?;
    Ok(project)
}

impl Write {
    async fn draft(&self, state: &ApiState) -> Result<ProjectDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(name::check("name", &self.name));
        let namespace = self.namespace.as_deref().unwrap_or_default().trim_end_matches('/');
        if !namespace.is_empty() {
            checks.check(checks::repository("namespace", namespace));
        }
        let registry = state.store.registries().get(&self.registry).await?;
        let registry = checks.take(known(registry, &self.registry));
        let registry = checks.finish(registry)?;
        Ok(ProjectDraft {
            name: self.name.clone(),
            description: self.description.clone().unwrap_or_default(),
            registry_id: registry.id,
            namespace: namespace.to_owned(),
            criteria: self.criteria.as_ref().map(ProjectCriteria::from).unwrap_or_default(),
        })
    }
}

fn known(registry: Option<Registry>, name: &str) -> Result<Registry, Invalid> {
    registry.ok_or_else(|| Invalid::new("registry", format!("there is no registry '{name}'")))
}

impl From<Project> for View {
    fn from(project: Project) -> Self {
        Self {
            name: project.name,
            description: project.description,
            registry: project.registry,
            namespace: project.namespace,
            criteria: CriteriaObject::from(&project.criteria),
            created_at: project.created_at,
            updated_at: project.updated_at,
        }
    }
}
