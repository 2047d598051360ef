//! Metrics for Prometheus.

use forewarm_metrics::CONTENT_TYPE;
use poem::web::Data;
use poem::{IntoResponse, Response};
use poem_openapi::payload::PlainText;
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};
use poem_openapi::types::Type;
use poem_openapi::{ApiResponse, OpenApi};

use crate::auth::Auth;
use crate::error::ApiError;
use crate::state::ApiState;
use crate::tags::Tag;

pub struct Api;

/// Metrics as text.
pub struct Metrics(String);

impl Metrics {
    pub async fn of(state: &ApiState) -> Self {
        Self(state.store.metrics().await)
    }
}

impl IntoResponse for Metrics {
    fn into_response(self) -> Response {
        PlainText(self.0).into_response().with_content_type(CONTENT_TYPE).into_response()
    }
}

impl ApiResponse for Metrics {
    fn meta() -> MetaResponses {
        let content = MetaMediaType { content_type: CONTENT_TYPE, schema: String::schema_ref() };
        let response = MetaResponse {
            description: "",
            status: Some(200),
            status_range: None,
            content: vec![content],
            headers: vec![],
        };
        MetaResponses { responses: vec![response] }
    }

    fn register(_registry: &mut Registry) {}
}

#[OpenApi(tag = "Tag::Health")]
impl Api {
    /// Read the metrics
    ///
    /// In the format of OpenMetrics, which Prometheus reads. They name instances, registries and policies, hence only for
    /// system administrators; `--metrics-listen` serves them to everybody on a port of their own.
    #[oai(path = "/metrics", method = "get", operation_id = "GetMetrics")]
    async fn get(&self, auth: Auth, state: Data<&ApiState>) -> Result<Metrics, ApiError> {
        auth.system_admin()?;
        Ok(Metrics::of(&state).await)
    }
}
