//! Registries: where artifacts live.

use chrono::{DateTime, Utc};
use forewarm_domain::registry::Registry;
use forewarm_domain::{Invalid, Secret, name};
use forewarm_http::Outbound;
use forewarm_store::health::Watched;
use forewarm_store::registries::RegistryDraft;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::answers::{Created, Gone, Listed, deleted, location, written};
use crate::auth::Auth;
use crate::checks::{self, Checks};
use crate::credentials::{self, AuthView, AuthWrite};
use crate::error::ApiError;
use crate::health_history::{self, History};
use crate::input::Input;
use crate::paging::{Paging, SortBy, first_page, usual_page_size};
use crate::ping::{HealthView, PingView, look};
use crate::reach;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// A registry.
#[derive(Object)]
#[oai(rename = "Registry", skip_serializing_if_is_none)]
struct View {
    name: String,
    /// `oci` or `harbor`.
    kind: String,
    description: String,
    url: String,
    auth: AuthView,
    /// Any TLS certificate is accepted.
    insecure_tls: bool,
    /// Where to look, if the registry has no catalog; empty: its catalog is asked.
    repositories: Vec<String>,
    /// How many secrets the senders of its events may prove themselves with; 0: nobody may send any.
    event_secrets_set: i64,
    /// Seconds between two looks for what changed; absent: it is not watched.
    watch_interval: Option<i64>,
    health: HealthView,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A registry to be stored.
#[derive(Object)]
#[oai(rename = "RegistryWrite")]
struct Write {
    /// Letters and digits, with single `.`, `_` or `-` between them.
    #[oai(validator(max_length = 255))]
    name: String,
    /// `oci`, which is also the default: any registry of the OCI distribution API; or `harbor`, which is also asked by
    /// Harbor's own API for labels, scans, signatures and what its projects demand. It cannot be changed later.
    kind: Option<String>,
    #[oai(validator(max_length = 2000))]
    description: Option<String>,
    /// Scheme, host and port, like `https://registry.example.com`.
    #[oai(validator(max_length = 2000))]
    url: String,
    /// Left out of an update it stays as it is.
    auth: Option<AuthWrite>,
    /// Accept any TLS certificate.
    insecure_tls: Option<bool>,
    /// Full names of repositories, for registries without a catalog. Harbor needs none.
    #[oai(validator(max_items = 10000))]
    repositories: Option<Vec<String>>,
    /// Secrets for senders of events to `/api/v1/events/{registry}`, of at least 16 characters; any of them will do,
    /// so that they can be changed one by one. Left out of an update they stay as they are; empty: nobody may send.
    #[oai(validator(max_items = 10))]
    event_secrets: Option<Vec<String>>,
    /// Seconds between two looks for what changed, for registries that send no events, or lose some. Left out: it is
    /// not watched.
    #[oai(validator(minimum(value = "5"), maximum(value = "604800")))]
    watch_interval: Option<i64>,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Registries")]
impl Api {
    /// List registries
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/registries", method = "get", operation_id = "ListRegistries")]
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
        let found = state.store.registries().list(&paging.listing(q.0, sort.0)).await?;
        Ok(paging.answer(found, View::from))
    }

    /// Create a registry
    #[oai(path = "/registries", method = "post", operation_id = "CreateRegistry")]
    async fn create(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        body: Input<Write>,
    ) -> Result<Created<View>, ApiError> {
        auth.system_admin()?;
        let draft = body.0.draft(&state.outbound, None)?;
        let registry = written(auth.store(&state).registries().create(&draft).await?, &draft.name)?;
        let at = location(&["api", "v1", "registries", &registry.name]);
        Ok(Created::At(Json(registry.into()), at))
    }

    /// Get a registry
    #[oai(path = "/registries/:registry", method = "get", operation_id = "GetRegistry")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the registry.
        registry: Path<String>,
    ) -> Result<Json<View>, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        Ok(Json(find(&state, &registry.0).await?.into()))
    }

    /// Change a registry
    ///
    /// The body replaces everything but the credentials that it leaves out.
    #[oai(path = "/registries/:registry", method = "put", operation_id = "UpdateRegistry")]
    async fn update(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the registry.
        registry: Path<String>,
        body: Input<Write>,
    ) -> Result<Json<View>, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        let current = find(&state, &registry.0).await?;
        let draft = body.0.draft(&state.outbound, Some(&current))?;
        let outcome = auth.store(&state).registries().update(current.id, &draft).await?;
        Ok(Json(written(outcome, &draft.name)?.into()))
    }

    /// Delete a registry
    ///
    /// Refused while a project or an unfinished execution needs it.
    #[oai(path = "/registries/:registry", method = "delete", operation_id = "DeleteRegistry")]
    async fn delete(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the registry.
        registry: Path<String>,
    ) -> Result<Gone, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        let outcome = auth.store(&state).registries().delete(&registry.0).await?;
        deleted(outcome, "registry", &registry.0)
    }

    /// Ask a registry whether it answers and lets us in
    ///
    /// Waits for the registry, and keeps what it found as the registry's health.
    #[oai(path = "/registries/:registry/ping", method = "post", operation_id = "PingRegistry")]
    async fn ping(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name of the registry.
        registry: Path<String>,
    ) -> Result<Json<PingView>, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        let registry = find(&state, &registry.0).await?;
        let kind = forewarm_registry::kind(&registry.kind)
            .ok_or_else(|| ApiError::internal(format!("registry kind {} is not built in", registry.kind)))?;
        let client = kind.connect(&registry, &state.outbound);
        let ping = async { client.ping().await.map_err(|error| error.to_string()) };
        let health = look(&state, ping).await;
        state.store.health().record(Watched::Registry(registry.id), registry.updated_at, &health).await?;
        Ok(Json(health.into()))
    }

    /// Get the health of a registry, and how it changed
    ///
    /// Every registry is looked at in the background; a change is a look that found another status or reason.
    #[oai(path = "/registries/:registry/health", method = "get", operation_id = "GetRegistryHealth")]
    async fn health(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        uri: &Uri,
        /// Name of the registry.
        registry: Path<String>,
        /// Number of the page of changes, from 1.
        #[oai(default = "first_page", validator(minimum(value = "1")))]
        page: Query<i64>,
        /// How many changes on a page.
        #[oai(default = "usual_page_size", validator(minimum(value = "1"), maximum(value = "100")))]
        page_size: Query<i64>,
    ) -> Result<History, ApiError> {
        auth.system(format!("registry '{}'", registry.0))?;
        let registry = find(&state, &registry.0).await?;
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        health_history::answer(&state, Watched::Registry(registry.id), registry.health, &paging).await
    }
}

/// The registry with this name.
pub async fn find(state: &ApiState, name: &str) -> Result<Registry, ApiError> {
    let found = state.store.registries().get(name).await?;
    found.ok_or_else(|| ApiError::not_found(format!("registry '{name}'")))
}

impl Write {
    fn draft(&self, outbound: &Outbound, current: Option<&Registry>) -> Result<RegistryDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(name::check("name", &self.name));
        checks.check(self.check_kind(current));
        let url =
            checks.take(reach::endpoint(outbound, "url", &self.url, current.map(|current| &current.url)));
        let stored = current.map(|current| (&current.url, &current.auth));
        let auth =
            url.as_ref().and_then(|url| checks.take(credentials::resolve(self.auth.as_ref(), stored, url)));
        let repositories = self.repositories.clone().unwrap_or_default();
        for (i, repository) in repositories.iter().enumerate() {
            checks.check(checks::repository(&format!("repositories[{i}]"), repository));
        }
        let event_secrets = checks.take(self.event_secrets(current));
        let ((url, auth), event_secrets) = checks.finish(url.zip(auth).zip(event_secrets))?;
        Ok(RegistryDraft {
            name: self.name.clone(),
            kind: self.kind(current).to_owned(),
            description: self.description.clone().unwrap_or_default(),
            url,
            auth,
            insecure_tls: self.insecure_tls.unwrap_or_default(),
            repositories,
            event_secrets,
            watch_interval_seconds: self.watch_interval.and_then(|seconds| i32::try_from(seconds).ok()),
        })
    }

    fn event_secrets(&self, current: Option<&Registry>) -> Result<Vec<Secret>, Invalid> {
        let Some(given) = &self.event_secrets else {
            return Ok(current.map(|current| current.event_secrets.clone()).unwrap_or_default());
        };
        let is_good = |secret: &String| {
            (16..=256).contains(&secret.len()) && secret.bytes().all(|b| b.is_ascii_graphic())
        };
        if let Some(i) = given.iter().position(|secret| !is_good(secret)) {
            let reason = "must have 16 to 256 printable ASCII characters and no blanks";
            return Err(Invalid::new(format!("event_secrets[{i}]"), reason));
        }
        Ok(given.iter().map(Secret::new).collect())
    }

    fn kind<'a>(&'a self, current: Option<&'a Registry>) -> &'a str {
        let usual = current.map_or("oci", |current| current.kind.as_str());
        self.kind.as_deref().unwrap_or(usual)
    }

    fn check_kind(&self, current: Option<&Registry>) -> Result<(), Invalid> {
        let kind = self.kind(current);
        if current.is_some_and(|current| current.kind != kind) {
            return Err(Invalid::new("kind", "cannot be changed; create another registry"));
        }
        if forewarm_registry::kind(kind).is_some() {
            return Ok(());
        }
        let known: Vec<&str> = forewarm_registry::KINDS.iter().map(|kind| kind.id).collect();
        Err(Invalid::new("kind", format!("must be one of {}", known.join(", "))))
    }
}

impl From<Registry> for View {
    fn from(registry: Registry) -> Self {
        Self {
            name: registry.name,
            kind: registry.kind,
            description: registry.description,
            url: checks::shown(&registry.url),
            auth: AuthView::from(&registry.auth),
            insecure_tls: registry.insecure_tls,
            repositories: registry.repositories,
            event_secrets_set: i64::try_from(registry.event_secrets.len()).unwrap_or(i64::MAX),
            watch_interval: registry.watch_interval_seconds.map(i64::from),
            health: registry.health.into(),
            created_at: registry.created_at,
            updated_at: registry.updated_at,
        }
    }
}
