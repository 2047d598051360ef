//! What is warm where, as far as preheats have proven it.

use chrono::{DateTime, Utc};
use forewarm_domain::Invalid;
use forewarm_domain::access::Reach;
use forewarm_domain::digest::Digest;
use forewarm_domain::project::Project;
use forewarm_domain::registry::Registry;
use forewarm_store::warm::{Warm, WarmFilter};
use poem::http::{StatusCode, Uri};
use poem::web::Data;
use poem_openapi::param::Query;
use poem_openapi::{Enum, Object, OpenApi};

use crate::answers::Listed;
use crate::auth::{Auth, Need};
use crate::error::ApiError;
use crate::image_reference::Reference;
use crate::paging::{Paging, first_page, usual_page_size};
use crate::projects;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// A manifest that was proven warm on an instance.
#[derive(Object)]
#[oai(rename = "Warm", skip_serializing_if_is_none)]
struct View {
    instance: String,
    registry: String,
    /// Full repository name.
    repository: String,
    /// The manifest.
    digest: String,
    /// What the tags name: the manifest itself, or the index that holds it.
    artifact_digest: String,
    platform: Option<String>,
    /// The tags that named it at the last preheat.
    tags: Vec<String>,
    proof: ProofWord,
    /// Which peers of the engine got it; absent where nothing was said.
    scope: Option<String>,
    /// Since when it is warm: proven again since then, each time before the proof before was too old.
    since: DateTime<Utc>,
    /// When it was proven last.
    proven_at: DateTime<Utc>,
    /// When a later preheat failed and its engine could not confirm every blob; absent unless that happened. It may
    /// still be warm, but is not relied on before there is a new proof.
    doubted_at: Option<DateTime<Utc>>,
    /// Until about when the engine keeps it, if nobody asks for it: an estimate from the instance's
    /// `freshness_seconds`.
    fresh_until: DateTime<Utc>,
    /// Whether that time is still to come.
    fresh: bool,
    /// Size of config and layers; absent where it is not known.
    bytes: Option<i64>,
    /// Id of the execution that proved it; absent when its record is gone.
    execution: Option<i64>,
    /// Id of the task that proved it; absent when its record is gone.
    task: Option<i64>,
}

/// How it was proven. A request that an engine only took is no proof.
#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename = "WarmProof", rename_all = "snake_case")]
enum ProofWord {
    /// The engine reported the end, and success.
    Reported,
    /// Each blob was confirmed to be in the cache.
    BlobsPresent,
}

#[OpenApi(prefix_path = "/api/v1", tag = "Tag::Warm")]
impl Api {
    /// Tell what is warm where
    ///
    /// Answers from what preheats have proven, and asks neither engine nor registry: a tag means what it named at the
    /// last preheat, and what an engine dropped early (a full disk) is not noticed. An image of several platforms has
    /// an entry for each. Nothing is known of files, and of requests that an engine only took.
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/warm", method = "get", operation_id = "ListWarm")]
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
        /// `host/repository:tag` or `host/repository@digest`; without the host if `registry` is given, or if there is
        /// one registry only.
        #[oai(validator(max_length = 1000))]
        image: Query<Option<String>>,
        /// Digest of a manifest, or of an index: then of all its manifests that are warm.
        #[oai(validator(max_length = 200))]
        digest: Query<Option<String>>,
        /// Name of the registry.
        registry: Query<Option<String>>,
        /// Name of a project: only what lies in it. Needed by who may not see every project.
        project: Query<Option<String>>,
        /// Name of the instance.
        instance: Query<Option<String>>,
        /// Only what can still be relied on.
        fresh_only: Query<Option<bool>>,
    ) -> Result<Listed<View>, ApiError> {
        let project = match &project.0 {
            Some(name) => Some(projects::find(&state, &auth, Need::See, name).await?),
            None => everything(&auth)?,
        };
        let question = Question { image: image.0, digest: digest.0, registry: registry.0, project };
        let filter = WarmFilter {
            instance: known_instance(&state, instance.0).await?,
            fresh_only: fresh_only.0.unwrap_or(false),
            freshness: forewarm_provider::freshness(),
            ..question.filter(&state).await?
        };
        let paging = Paging { uri, page: page.0, page_size: page_size.0 };
        let found = state.store.warm().list(&filter, paging.page_size, paging.offset()).await?;
        Ok(paging.answer(found, View::from))
    }
}

/// Which manifests a request asks about.
struct Question {
    image: Option<String>,
    digest: Option<String>,
    registry: Option<String>,
    project: Option<Project>,
}

/// Without a project, what is in all of them is meant.
fn everything(auth: &Auth) -> Result<Option<Project>, ApiError> {
    match auth.reach() {
        Reach::All => Ok(None),
        Reach::Projects(_) => {
            let message = "project: must be given, since you do not see every project";
            Err(ApiError::new(StatusCode::FORBIDDEN, message))
        }
    }
}

impl Question {
    async fn filter(&self, state: &ApiState) -> Result<WarmFilter, ApiError> {
        let given = self.digest.as_deref().map(Digest::parse).transpose();
        let given = given.map_err(|invalid| Invalid::new("digest", invalid.reason))?;
        let project_registry = self.project.as_ref().map(|project| &project.registry);
        if let (Some(project), Some(name)) = (&self.project, &self.registry)
            && *name != project.registry
        {
            let reason = format!("project '{}' lies in registry '{}'", project.name, project.registry);
            return Err(Invalid::new("registry", reason).into());
        }
        let registry = match self.registry.as_ref().or(project_registry) {
            Some(name) => Some(named(state, name).await?),
            None => None,
        };
        let mut filter = WarmFilter {
            registry_id: registry.as_ref().map(|registry| registry.id),
            digest: given.map(|digest| digest.to_string()),
            ..WarmFilter::default()
        };
        if let Some(image) = &self.image {
            let all = state.store.registries().all().await?;
            narrow(&mut filter, image, registry.as_ref(), &all)?;
        }
        filter.namespace = self.project.as_ref().map(|project| project.namespace.clone());
        Ok(filter)
    }
}

/// Leaves only what an image's name means.
fn narrow(
    filter: &mut WarmFilter,
    image: &str,
    registry: Option<&Registry>,
    all: &[Registry],
) -> Result<(), ApiError> {
    let reference = Reference::parse("image", image, registry.is_none())?;
    let registry = match (registry, all) {
        (Some(registry), _) => registry,
        (None, [only]) if reference.host.is_none() => only,
        (None, all) => reference.registry("image", all)?,
    };
    filter.registry_id = Some(registry.id);
    filter.repository = Some(reference.repository);
    match Digest::parse(&reference.reference) {
        Ok(digest) if filter.digest.as_ref().is_some_and(|given| *given != digest.to_string()) => {
            return Err(Invalid::new("digest", "is another than the one in image; give one of them").into());
        }
        Ok(digest) => filter.digest = Some(digest.to_string()),
        Err(_) => filter.tag = Some(reference.reference),
    }
    Ok(())
}

async fn named(state: &ApiState, name: &str) -> Result<Registry, ApiError> {
    let found = state.store.registries().get(name).await?;
    found.ok_or_else(|| Invalid::new("registry", format!("there is no registry '{name}'")).into())
}

/// The name of an instance that there is: a slip of the pen must not look like something cold.
async fn known_instance(state: &ApiState, name: Option<String>) -> Result<Option<String>, ApiError> {
    let Some(name) = name else {
        return Ok(None);
    };
    match state.store.instances().get(&name).await? {
        Some(_) => Ok(Some(name)),
        None => Err(Invalid::new("instance", format!("there is no instance '{name}'")).into()),
    }
}

impl From<Warm> for View {
    fn from(warm: Warm) -> Self {
        Self {
            instance: warm.instance,
            registry: warm.registry,
            repository: warm.repository,
            digest: warm.digest,
            artifact_digest: warm.artifact_digest,
            platform: warm.platform,
            tags: warm.tags,
            proof: if warm.proof == "blobs_present" { ProofWord::BlobsPresent } else { ProofWord::Reported },
            scope: warm.scope,
            since: warm.since,
            proven_at: warm.proven_at,
            doubted_at: warm.doubted_at,
            fresh_until: warm.fresh_until,
            fresh: warm.fresh,
            bytes: warm.bytes,
            execution: warm.execution_id,
            task: warm.task_id,
        }
    }
}
