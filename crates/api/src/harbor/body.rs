//! The JSON body of a request, read as Harbor reads it.

use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::impl_apirequest_for_payload;
use poem_openapi::payload::{Json, ParsePayload, Payload};
use poem_openapi::registry::{MetaSchemaRef, Registry};
use poem_openapi::types::{ParseFromJSON, Type};

use super::{document, errors};
use crate::input;
use crate::shape::Spelling;

/// A body by the schema of the facade's document. Unknown fields are ignored whatever they look like, null is as good
/// as nothing, and what does not fit is answered as Harbor answers what it cannot read.
pub struct Body<T>(pub T);

impl<T: Type> Payload for Body<T> {
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

impl<T: ParseFromJSON> ParsePayload for Body<T> {
    const IS_REQUIRED: bool = true;

    async fn from_request(request: &Request, body: &mut RequestBody) -> Result<Self> {
        let bytes = Vec::<u8>::from_request(request, body).await?;
        let value = input::read(&bytes, document::get(), Spelling::Any);
        value.map(Self).map_err(|found| errors::unreadable(&found).into())
    }
}

impl_apirequest_for_payload!(Body<T>, T: ParseFromJSON);
