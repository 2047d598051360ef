//! Providers: Harbor's word for kinds of engines, and for instances as projects see them.

use forewarm_domain::instance::Instance;
use forewarm_provider::{VENDORS, Vendor};
use poem::web::Data;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::access;
use crate::auth::Auth;
use crate::checks::shown;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

/// A kind of engine.
#[derive(Object, Default)]
#[oai(rename = "Metadata", skip_serializing_if_is_none)]
struct Model {
    id: Option<String>,
    name: Option<String>,
    icon: Option<String>,
    maintainers: Option<Vec<String>>,
    version: Option<String>,
    source: Option<String>,
}

/// An instance, as far as a project needs to know it.
#[derive(Object)]
#[oai(rename = "ProviderUnderProject", skip_serializing_if_is_none)]
struct UnderProject {
    id: Option<i64>,
    /// `<vendor> <name>-<endpoint>`
    provider: Option<String>,
    /// Absent: false.
    enabled: Option<bool>,
    /// Absent: false.
    default: Option<bool>,
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::Preheat")]
impl Api {
    /// List the kinds of engines
    #[oai(path = "/p2p/preheat/providers", method = "get", operation_id = "ListProviders")]
    async fn list(&self, auth: Auth) -> Result<Json<Vec<Model>>, ApiError> {
        access::system(&auth)?;
        let mut vendors: Vec<&Vendor> = VENDORS.iter().collect();
        vendors.sort_by_key(|vendor| vendor.id);
        Ok(Json(vendors.into_iter().map(Model::from).collect()))
    }

    /// List the instances that a policy of the project can name
    #[oai(
        path = "/projects/:project_name/preheat/providers",
        method = "get",
        operation_id = "ListProvidersUnderProject"
    )]
    async fn under_project(
        &self,
        auth: Auth,
        state: Data<&ApiState>,
        /// The name of the project.
        project_name: Path<String>,
    ) -> Result<Json<Vec<UnderProject>>, ApiError> {
        access::reader(&auth, &state, &project_name.0).await?;
        let mut instances = state.store.instances().all().await?;
        instances.sort_by_key(|instance| instance.id);
        Ok(Json(instances.iter().map(UnderProject::from).collect()))
    }
}

impl From<&Vendor> for Model {
    /// What Harbor says of the two engines that it knows (Harbor 2.16, `pkg/p2p/preheat/provider/{dragonfly,kraken}.go`).
    fn from(vendor: &Vendor) -> Self {
        let all = |maintainers: &[&str]| Some(maintainers.iter().map(ToString::to_string).collect());
        let known = match vendor.id {
            "dragonfly" => Self {
                icon: Some(
                    "https://raw.githubusercontent.com/dragonflyoss/Dragonfly2/master/docs/images/logo/dragonfly-linear.png"
                        .to_owned(),
                ),
                maintainers: all(&["chlins.zhang@gmail.com", "gaius.qi@gmail.com"]),
                version: Some("2.1.59".to_owned()),
                source: Some("https://github.com/dragonflyoss/Dragonfly2".to_owned()),
                ..Self::default()
            },
            "kraken" => Self {
                icon: Some("https://github.com/uber/kraken/blob/master/assets/kraken-logo-color.svg".to_owned()),
                maintainers: all(&["mmpei/peimingming@corp.netease.com"]),
                version: Some("0.1.3".to_owned()),
                source: Some("https://github.com/uber/kraken".to_owned()),
                ..Self::default()
            },
            _ => Self::default(),
        };
        Self { id: Some(vendor.id.to_owned()), name: Some(vendor.name.to_owned()), ..known }
    }
}

impl From<&Instance> for UnderProject {
    fn from(instance: &Instance) -> Self {
        let provider = format!("{} {}-{}", instance.vendor, instance.name, shown(&instance.endpoint));
        Self {
            id: Some(instance.id),
            provider: Some(provider),
            enabled: instance.enabled.then_some(true),
            default: instance.is_default.then_some(true),
        }
    }
}
