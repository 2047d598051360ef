//! Instances: the configured engines.

pub mod types;

use forewarm_domain::Invalid;
use forewarm_domain::health::Health;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::Kind;
use forewarm_store::health::Watched;
use forewarm_store::instances::InstanceDraft;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::OpenApi;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;

use self::types::{View, Write};
use crate::answers::{Created, Gone, Listed, deleted, location, written};
use crate::auth::Auth;
use crate::error::ApiError;
use crate::health_history::{self, History};
use crate::input::Input;
use crate::paging::{Paging, SortBy, first_page, usual_page_size};
use crate::ping::{PingView, look};
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Instances")]
impl Api {
    /// List instances
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/instances", method = "get", operation_id = "ListInstances")]
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
        auth.system_admin()?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let found = state.store.instances().list(&paging.listing(q.0, sort.0)).await?;
        Ok(paging.answer(found, View::from))
    }

    /// Create an instance
    #[oai(path = "/instances", method = "post", operation_id = "CreateInstance")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Write>,
    ) -> Result<Created<View>, ApiError> {
        auth.system_admin()?;
        let draft = body.0.draft(&state.outbound, None)?;
        let instance = written(auth.store(&state).instances().create(&draft).await?, &draft.name)?;
        let at = location(&["api", "v1", "instances", &instance.name]);
        Ok(Created::At(Json(instance.into()), at))
    }

    /// Get an instance
    #[oai(path = "/instances/:instance", method = "get", operation_id = "GetInstance")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the instance.
        instance: Path<String>,
    ) -> Result<Json<View>, ApiError> {
        auth.system(format!("instance '{}'", instance.0))?;
        Ok(Json(find(&state, &instance.0).await?.into()))
    }

    /// Change an instance
    ///
    /// The body replaces everything but the credentials that it leaves out.
    #[oai(path = "/instances/:instance", method = "put", operation_id = "UpdateInstance")]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the instance.
        instance: Path<String>,
        body: Input<Write>,
    ) -> Result<Json<View>, ApiError> {
        auth.system(format!("instance '{}'", instance.0))?;
        let current = find(&state, &instance.0).await?;
        let draft = body.0.draft(&state.outbound, Some(&current))?;
        honours_its_policies(&state, &current, &draft).await?;
        let outcome = auth.store(&state).instances().update(current.id, &draft).await?;
        Ok(Json(written(outcome, &draft.name)?.into()))
    }

    /// Delete an instance
    ///
    /// Refused while a policy or an unfinished execution needs it.
    #[oai(path = "/instances/:instance", method = "delete", operation_id = "DeleteInstance")]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the instance.
        instance: Path<String>,
    ) -> Result<Gone, ApiError> {
        auth.system(format!("instance '{}'", instance.0))?;
        let outcome = auth.store(&state).instances().delete(&instance.0).await?;
        deleted(outcome, "instance", &instance.0)
    }

    /// Ask an engine whether it answers and lets us in
    ///
    /// Waits for the engine, and keeps what it found as the instance's health.
    #[oai(path = "/instances/:instance/ping", method = "post", operation_id = "PingInstance")]
    async fn ping(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the instance.
        instance: Path<String>,
    ) -> Result<Json<PingView>, ApiError> {
        auth.system(format!("instance '{}'", instance.0))?;
        let instance = find(&state, &instance.0).await?;
        Ok(Json(ping(&state, &instance).await?.into()))
    }

    /// Get the health of an instance, and how it changed
    ///
    /// An enabled instance is looked at in the background; a change is a look that found another status or reason.
    #[oai(path = "/instances/:instance/health", method = "get", operation_id = "GetInstanceHealth")]
    async fn health(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// Name of the instance.
        instance: Path<String>,
        /// Number of the page of changes, from 1.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many changes on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
    ) -> Result<History, ApiError> {
        auth.system(format!("instance '{}'", instance.0))?;
        let instance = find(&state, &instance.0).await?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        health_history::answer(&state, Watched::Instance(instance.id), instance.health, &paging).await
    }
}

/// Asks an engine how it is, and keeps what it found as the instance's health.
pub async fn ping(state: &ApiState, instance: &Instance) -> Result<Health, ApiError> {
    let health = look_at(state, instance).await?;
    state.store.health().record(Watched::Instance(instance.id), instance.updated_at, &health).await?;
    Ok(health)
}

/// The same, without keeping it.
pub async fn look_at(state: &ApiState, instance: &Instance) -> Result<Health, ApiError> {
    let vendor = forewarm_provider::vendor(&instance.vendor)
        .ok_or_else(|| ApiError::internal(format!("vendor {} is not built in", instance.vendor)))?;
    let provider = vendor.connect(instance, &state.outbound);
    let ping = async { provider.ping().await.map_err(|error| error.to_string()) };
    Ok(look(state, ping).await)
}

/// Policies that were promised their options must not lose them by a change of settings.
async fn honours_its_policies(
    state: &ApiState,
    current: &Instance,
    draft: &InstanceDraft,
) -> Result<(), ApiError> {
    if current.settings == draft.settings {
        return Ok(());
    }
    let changed = Instance { settings: draft.settings.clone(), ..current.clone() };
    let Some(vendor) = forewarm_provider::vendor(&changed.vendor) else {
        return Ok(());
    };
    let mut found = Vec::new();
    for policy in state.store.policies().of_instance(current.id).await? {
        let lost = vendor.check_instance(&changed, Kind::Image, &policy.options).err();
        found.extend(lost.into_iter().flatten().map(|invalid| {
            let (project, name) = (&policy.project, &policy.name);
            let reason = format!("policy {project}/{name}: {} {}", invalid.field, invalid.reason);
            Invalid::new("settings", reason)
        }));
    }
    if found.is_empty() { Ok(()) } else { Err(found.into()) }
}

async fn find(state: &ApiState, name: &str) -> Result<Instance, ApiError> {
    let found = state.store.instances().get(name).await?;
    found.ok_or_else(|| ApiError::not_found(format!("instance '{name}'")))
}
