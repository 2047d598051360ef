//! Which server this is, and how it is: what clients ask before they trust an address.

use chrono::{DateTime, Utc};
use forewarm_store::is_migrated;
use poem::web::Data;
use poem_openapi::payload::{Json, PlainText};
use poem_openapi::{Object, OpenApi};

use crate::state::ApiState;
use crate::tags::HarborTag;

pub struct Api;

/// The version of Harbor whose preheat API this is, in the form in which Harbor tells its own.
const HARBOR_VERSION: &str = "v2.16.0-forewarm";

/// How the server is.
#[derive(Object)]
#[oai(rename = "OverallHealthStatus")]
struct Health {
    /// `healthy` or `unhealthy`
    status: String,
    components: Vec<Component>,
}

/// How a part of the server is.
#[derive(Object)]
#[oai(rename = "ComponentHealthStatus", skip_serializing_if_is_none)]
struct Component {
    name: String,
    /// `healthy` or `unhealthy`
    status: String,
    error: Option<String>,
}

/// Which server this is.
#[derive(Object)]
#[oai(rename = "GeneralInfo")]
struct Info {
    /// The version of Harbor whose preheat API this is.
    harbor_version: String,
    /// Always `db_auth`.
    auth_mode: String,
    /// Nobody registers by himself.
    self_registration: bool,
    read_only: bool,
    current_time: DateTime<Utc>,
}

#[OpenApi(prefix_path = "/api/v2.0", tag = "HarborTag::System")]
impl Api {
    /// Does the server answer?
    #[oai(path = "/ping", method = "get", operation_id = "GetPing")]
    async fn ping(&self) -> PlainText<&'static str> {
        PlainText("Pong")
    }

    /// How is the server?
    #[oai(path = "/health", method = "get", operation_id = "GetHealth")]
    async fn health(&self, state: Data<&ApiState>) -> Json<Health> {
        let database = match is_migrated(state.store.pool()).await {
            Ok(true) => None,
            Ok(false) => Some("its schema is not up to date"),
            Err(_) => Some("it is not reachable"),
        };
        let core = state.draining.is_cancelled().then_some("it is about to end");
        let status = word(core.or(database));
        Json(Health { status, components: vec![component("core", core), component("database", database)] })
    }

    /// Which server is it?
    #[oai(path = "/systeminfo", method = "get", operation_id = "GetSystemInfo")]
    async fn info(&self, state: Data<&ApiState>) -> Json<Info> {
        Json(Info {
            harbor_version: HARBOR_VERSION.to_owned(),
            auth_mode: "db_auth".to_owned(),
            self_registration: false,
            read_only: false,
            current_time: state.store.clock().local(),
        })
    }
}

fn component(name: &str, error: Option<&str>) -> Component {
    Component { name: name.to_owned(), status: word(error), error: error.map(str::to_owned) }
}

fn word(error: Option<&str>) -> String {
    if error.is_none() { "healthy" } else { "unhealthy" }.to_owned()
}
