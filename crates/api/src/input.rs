//! The JSON body of a request.

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::impl_apirequest_for_payload;
use poem_openapi::payload::{Json, ParsePayload, Payload};
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, Type};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::{document, shape};

/// Like poem-openapi's `Json`, but checked against the published schema first: strings are strings, null is null, and
/// complaints name fields instead of Rust types.
pub struct Input<T>(pub T);

impl<T: Type> Payload for Input<T> {
    const CONTENT_TYPE: &'static str = "application/json";

    fn check_content_type(content_type: &str) -> bool {
        <Json<T> as Payload>::check_content_type(content_type)
    }

    fn schema_ref() -> MetaSchemaRef {
        T::schema_ref()
    }

    fn register(registry: &mut Registry) {
        T::register(registry);
    }
}

impl<T: ParseFromJSON> ParsePayload for Input<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let bytes = Vec::<u8>::from_request(request, body).await?;
        let value: Value = serde_json::from_slice(&bytes)
            .map_err(|error| ApiError::bad_request(format!("body: is not valid JSON: {error}")))?;
        let schema = json!({ "$ref": format!("#/components/schemas/{}", T::name()) });
        let found = shape::check(&document::get()["components"]["schemas"], &schema, &value);
        if !found.is_empty() {
            return Err(ApiError::from(found).into());
        }
        T::parse_from_json(Some(value))
            .map(Self)
            .map_err(|error| ApiError::bad_request(format!("body: {}", error.into_message())).into())
    }
}

impl_apirequest_for_payload!(Input<T>, T: ParseFromJSON);
