//! The JSON body of a request.

use forewarm_domain::Invalid;
use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::impl_apirequest_for_payload;
use poem_openapi::payload::{Json, ParsePayload, Payload};
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, Type};
use serde_json::{Value, json};

use crate::document;
use crate::error::ApiError;
use crate::shape::{self, Spelling};

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
        let value = read(&bytes, document::get(), Spelling::Known);
        value.map(Self).map_err(|found| ApiError::from(found).into())
    }
}

/// Reads a body by the schema of a document, or says everything that is wrong with it.
pub fn read<T: ParseFromJSON>(
    bytes: &[u8],
    document: &'static Value,
    spelling: Spelling,
) -> Result<T, Vec<Invalid>> {
    let wrong = |reason: String| vec![Invalid::new("body", reason)];
    let value: Value =
        serde_json::from_slice(bytes).map_err(|error| wrong(format!("is not valid JSON: {error}")))?;
    let schema = json!({ "$ref": format!("#/components/schemas/{}", T::name()) });
    let found = shape::check(&document["components"]["schemas"], &schema, &value, spelling);
    if !found.is_empty() {
        return Err(found);
    }
    T::parse_from_json(Some(value)).map_err(|error| wrong(error.into_message()))
}

impl_apirequest_for_payload!(Input<T>, T: ParseFromJSON);
