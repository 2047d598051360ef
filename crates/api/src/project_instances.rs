//! The instances that a project's policies can go to, for those who may not see instances by themselves.

use forewarm_domain::instance::Instance;
use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::ping::HealthView;
use crate::projects;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// An instance, as far as somebody needs it to choose.
#[derive(Object)]
#[oai(rename = "ProjectInstance")]
struct View {
    name: String,
    vendor: String,
    description: String,
    /// Tasks for a disabled instance are stopped at once.
    enabled: bool,
    /// It is meant where a policy names no instance.
    default: bool,
    health: HealthView,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Projects")]
impl Api {
    /// List the instances that a project's policies can go to
    ///
    /// All of them, by name.
    #[oai(path = "/projects/:project/instances", method = "get", operation_id = "ListProjectInstances")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the project.
        project: Path<String>,
    ) -> Result<Json<Vec<View>>, ApiError> {
        projects::find(&state, &auth, Need::See, &project.0).await?;
        let instances = state.store.instances().all().await?;
        Ok(Json(instances.into_iter().map(View::from).collect()))
    }
}

impl From<Instance> for View {
    fn from(instance: Instance) -> Self {
        Self {
            name: instance.name,
            vendor: instance.vendor,
            description: instance.description,
            enabled: instance.enabled,
            default: instance.is_default,
            health: instance.health.into(),
        }
    }
}
