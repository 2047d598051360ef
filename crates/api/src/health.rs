//! Whether this process lives, and whether it can serve.

use forewarm_store::is_migrated;
use poem::http::StatusCode;
use poem::web::Data;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// That all is well; otherwise there is an error.
#[derive(Object)]
pub struct Alive {
    /// `ok`
    status: String,
}

#[OpenApi(tag = "Tag::Health")]
impl Api {
    /// Does the process live?
    #[oai(path = "/livez", method = "get", operation_id = "GetLiveness")]
    async fn live(&self) -> Json<Alive> {
        ok()
    }

    /// Can it serve?
    ///
    /// The database is reachable, its schema is up to date, and the process is not about to end.
    #[oai(path = "/readyz", method = "get", operation_id = "GetReadiness")]
    async fn ready(&self, state: Data<&ApiState>) -> Result<Json<Alive>, ApiError> {
        check(&state).await
    }

    /// Can it serve? (another name for readyz)
    #[oai(path = "/healthz", method = "get", operation_id = "GetHealth")]
    async fn health(&self, state: Data<&ApiState>) -> Result<Json<Alive>, ApiError> {
        check(&state).await
    }
}

pub async fn check(state: &ApiState) -> Result<Json<Alive>, ApiError> {
    if state.draining.is_cancelled() {
        return Err(not_ready("this process is about to end"));
    }
    if !is_migrated(state.store.pool()).await? {
        return Err(not_ready("the database's schema is not up to date; run 'forewarm migrate'"));
    }
    Ok(ok())
}

fn not_ready(reason: &str) -> ApiError {
    ApiError::new(StatusCode::SERVICE_UNAVAILABLE, reason)
}

fn ok() -> Json<Alive> {
    Json(Alive { status: "ok".to_owned() })
}
