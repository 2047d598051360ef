//! Instances: the configured engines.

pub mod types;

use chrono::Utc;
use forewarm_domain::instance::Instance;
use forewarm_store::instances::InstanceDraft;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, OpenApi};

use self::types::{COLUMNS, Model, field};
use super::answers::{Done, Listed, Made, deleted, written};
use super::body::Body;
use super::lists::{Asked, first_page, usual_page_size};
use super::{access, errors};
use crate::answers::location;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::instances;
use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

/// The answer to a ping.
#[derive(ApiResponse)]
enum Pinged {
    /// The engine answers and lets us in.
    #[oai(status = 200)]
    Healthy,
    /// Neither an id nor an endpoint was given.
    #[oai(status = 400)]
    Nothing,
    /// There is no instance with this id.
    #[oai(status = 404)]
    Missing,
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::Preheat")]
impl Api {
    /// List instances
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/p2p/preheat/instances", method = "get", operation_id = "ListInstances")]
    async fn list(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
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
        access::system(&auth)?;
        let asked = Asked { uri, page: page.0, page_size: page_size.0, q: q.0, sort: sort.0 };
        let listing = asked.read(COLUMNS)?;
        let mut instances = state.store.instances().all().await?;
        instances.sort_by_key(|instance| instance.id);
        Ok(listing.answer(listing.choose(instances, field), Model::from))
    }

    /// Create an instance
    #[oai(path = "/p2p/preheat/instances", method = "post", operation_id = "CreateInstance")]
    async fn create(&self, auth: Auth, state: Data<&ApiState>, body: Body<Model>) -> Result<Made, ApiError> {
        access::system(&auth)?;
        let draft = body.0.draft(&state.outbound, None)?;
        let outcome = auth.store(&state).instances().create(&draft).await?;
        let instance = written(outcome, "instance", &draft.name)?;
        Ok(Made::At(location(&["api", "v2.0", "p2p", "preheat", "instances", &instance.name])))
    }

    /// Ask an engine whether it answers and lets us in
    ///
    /// With an id a stored instance is asked, else the one that the body describes. Waits for the engine.
    #[oai(path = "/p2p/preheat/instances/ping", method = "post", operation_id = "PingInstances")]
    async fn ping(&self, auth: Auth, state: Data<&ApiState>, body: Body<Model>) -> Result<Pinged, ApiError> {
        access::system(&auth)?;
        let model = body.0;
        let health = match model.id {
            Some(id) if id > 0 => match state.store.instances().by_id(id).await? {
                Some(instance) => instances::ping(&state, &instance).await?,
                None => return Ok(Pinged::Missing),
            },
            _ if model.names_nothing() => return Ok(Pinged::Nothing),
            _ => instances::look_at(&state, &unsaved(model.draft(&state.outbound, None)?)).await?,
        };
        if health.healthy { Ok(Pinged::Healthy) } else { Err(ApiError::bad_request(health.reason)) }
    }

    /// Get an instance
    #[oai(
        path = "/p2p/preheat/instances/:preheat_instance_name",
        method = "get",
        operation_id = "GetInstance"
    )]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the instance.
        preheat_instance_name: Path<String>,
    ) -> Result<Json<Model>, ApiError> {
        access::system(&auth)?;
        Ok(Json(find(&state, &preheat_instance_name.0).await?.into()))
    }

    /// Change an instance
    ///
    /// What is left out takes its default, but for what the fields say. An instance that a policy uses cannot be
    /// disabled.
    #[oai(
        path = "/p2p/preheat/instances/:preheat_instance_name",
        method = "put",
        operation_id = "UpdateInstance"
    )]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the instance.
        preheat_instance_name: Path<String>,
        body: Body<Model>,
    ) -> Result<Done, ApiError> {
        access::system(&auth)?;
        let current = find(&state, &preheat_instance_name.0).await?;
        let draft = body.0.draft(&state.outbound, Some(&current))?;
        if current.enabled && !draft.enabled {
            is_spare(&state, &current, "disabled").await?;
        }
        let outcome = auth.store(&state).instances().update(current.id, &draft).await?;
        written(outcome, "instance", &draft.name)?;
        Ok(Done::Empty)
    }

    /// Delete an instance
    ///
    /// Refused while a policy or an unfinished execution needs it.
    #[oai(
        path = "/p2p/preheat/instances/:preheat_instance_name",
        method = "delete",
        operation_id = "DeleteInstance"
    )]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the instance.
        preheat_instance_name: Path<String>,
    ) -> Result<Done, ApiError> {
        access::system(&auth)?;
        let name = preheat_instance_name.0;
        is_spare(&state, &find(&state, &name).await?, "deleted").await?;
        deleted(auth.store(&state).instances().delete(&name).await?, "instance", &name)
    }
}

/// Harbor lets nobody take away what a policy uses, also as the default instance.
async fn is_spare(state: &ApiState, instance: &Instance, wish: &str) -> Result<(), ApiError> {
    let mut users = state.store.policies().of_instance(instance.id).await?;
    if instance.is_default {
        let all = state.store.policies().all().await?;
        users.extend(all.into_iter().filter(|policy| policy.instances.is_empty()));
    }
    if users.is_empty() {
        return Ok(());
    }
    let users: Vec<String> =
        users.iter().map(|policy| format!("policy {}/{}", policy.project, policy.name)).collect();
    let message =
        format!("Provider [{}] cannot be {wish}: it is in use by {}", instance.name, users.join(", "));
    Err(errors::precondition(message))
}

/// An instance that is only pinged.
fn unsaved(draft: InstanceDraft) -> Instance {
    Instance {
        id: 0,
        name: draft.name,
        vendor: draft.vendor,
        description: draft.description,
        endpoint: draft.endpoint,
        auth: draft.auth,
        insecure_tls: draft.insecure_tls,
        enabled: draft.enabled,
        is_default: draft.is_default,
        settings: draft.settings,
        max_in_flight: draft.max_in_flight,
        submits_per_second: draft.submits_per_second,
        health: None,
        created_at: Utc::now(),
        updated_at: Utc::now(),
    }
}

async fn find(state: &ApiState, name: &str) -> Result<Instance, ApiError> {
    let found = state.store.instances().get(name).await?;
    found.ok_or_else(|| errors::not_found(format!("instance {name}")))
}
