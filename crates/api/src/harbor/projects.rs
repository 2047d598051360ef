//! Projects, as far as clients of Harbor look at them: they are made in `/api/v1`.

use chrono::{DateTime, Utc};
use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::harbor::search::{Column, Field};
use forewarm_domain::harbor::time;
use forewarm_domain::project::Project;
use poem::http::Uri;
use poem::web::Data;
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};
use serde_json::Value;

use super::access;
use super::answers::Listed;
use super::lists::{Asked, first_page, usual_page_size};
use super::truth::Truth;
use crate::auth::Auth;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

/// What projects can be narrowed and sorted by (Harbor 2.16, `pkg/project/models`).
const COLUMNS: &[Column] = &[
    Column::int("project_id"),
    Column::text("name"),
    Column::time("creation_time"),
    Column::time("update_time"),
];

/// A namespace of a registry.
#[derive(Object)]
#[oai(rename = "Project", skip_serializing_if_is_none)]
struct Model {
    project_id: i64,
    name: String,
    #[oai(serialize_with = "in_milliseconds")]
    creation_time: DateTime<Utc>,
    #[oai(serialize_with = "in_milliseconds")]
    update_time: DateTime<Utc>,
    /// 1: you may change it; 3: you may look at it.
    current_user_role_id: i64,
    current_user_role_ids: Vec<i64>,
    /// Always 0: repositories are in the registry.
    repo_count: i64,
    metadata: Metadata,
}

/// What a project demands of every artifact.
#[derive(Object)]
#[oai(rename = "ProjectMetadata", skip_serializing_if_is_none)]
struct Metadata {
    /// Always `false`.
    public: String,
    /// `true`: only signed artifacts are preheated.
    enable_content_trust: Option<String>,
    /// `true`: no artifacts with a vulnerability of the severity or above.
    prevent_vul: Option<String>,
    severity: Option<String>,
}

fn in_milliseconds(at: &DateTime<Utc>) -> Option<Value> {
    Some(Value::String(time::milliseconds(Some(*at))))
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::Project")]
impl Api {
    /// List projects
    #[allow(clippy::too_many_arguments)] // one for each part of the request
    #[oai(path = "/projects", method = "get", operation_id = "ListProjects")]
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
        /// Only names that contain this text.
        name: Query<Option<String>>,
        /// No project is public.
        public: Query<Option<Truth>>,
    ) -> Result<Listed<Model>, ApiError> {
        let asked = Asked { uri, page: page.0, page_size: page_size.0, q: q.0, sort: sort.0 };
        let listing = asked.read(COLUMNS)?;
        let wants_public = public.0.is_some_and(|public| public.0);
        let part = name.0.unwrap_or_default().to_lowercase();
        let mut projects = access::visible(&auth, &state).await?;
        projects.retain(|project| !wants_public && project.name.to_lowercase().contains(&part));
        Ok(listing.answer(listing.choose(projects, field), |project| Model::of(project, &auth)))
    }

    /// Get a project
    #[oai(path = "/projects/:project_name_or_id", method = "get", operation_id = "GetProject")]
    async fn get(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// Name or id of the project.
        project_name_or_id: Path<String>,
        /// Whether it is a name; otherwise a number is taken for an id.
        #[oai(name = "X-Is-Resource-Name")]
        is_resource_name: Header<Option<Truth>>,
    ) -> Result<Json<Model>, ApiError> {
        let name = project_name_or_id.0;
        let is_name = is_resource_name.0.is_some_and(|truth| truth.0);
        let project = match name.parse() {
            Ok(id) if !is_name => access::reader_by_id(&auth, &state, id).await?,
            _ => access::reader(&auth, &state, &name).await?,
        };
        Ok(Json(Model::of(project, &auth)))
    }
}

fn field(project: &Project, column: &str) -> Field {
    match column {
        "name" => Field::Text(project.name.clone()),
        "creation_time" => Field::Time(project.created_at),
        "update_time" => Field::Time(project.updated_at),
        _ => Field::Int(project.id),
    }
}

impl Model {
    fn of(project: Project, auth: &Auth) -> Self {
        let role = access::role_in(auth, &project);
        Self {
            project_id: project.id,
            name: project.name,
            creation_time: project.created_at,
            update_time: project.updated_at,
            current_user_role_id: role,
            current_user_role_ids: vec![role],
            repo_count: 0,
            metadata: Metadata::from(&project.criteria),
        }
    }
}

impl From<&ProjectCriteria> for Metadata {
    fn from(criteria: &ProjectCriteria) -> Self {
        let demanded = |demanded: bool| demanded.then(|| "true".to_owned());
        let severity = criteria.own.max_severity;
        Self {
            public: "false".to_owned(),
            enable_content_trust: demanded(criteria.own.signed_only),
            prevent_vul: demanded(severity.is_some()),
            severity: severity.map(|severity| severity.as_str().to_owned()),
        }
    }
}
