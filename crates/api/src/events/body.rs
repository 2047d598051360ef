//! A delivery's body as it came: its signature is one over these very bytes.

use std::collections::BTreeMap;

use poem::http::HeaderMap;
use poem::{FromRequest, Request, RequestBody, Result};
use poem_openapi::registry::{MetaMediaType, MetaRequest, MetaSchema, MetaSchemaRef};
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions};

/// The content types of all formats, for the document. None is refused: the body's shape tells as much.
const CONTENT_TYPES: [&str; 4] = [
    "application/json",
    "application/cloudevents+json",
    "application/cloudevents-batch+json",
    "application/vnd.docker.distribution.events.v1+json",
];

/// The whole body. Its length is limited before anything else is looked at.
pub struct Delivered {
    pub bytes: Vec<u8>,
}

impl<'a> ApiExtractor<'a> for Delivered {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::RequestObject];

    type ParamType = ();
    type ParamRawType = ();

    fn request_meta() -> Option<MetaRequest> {
        let any = |content_type| MetaMediaType {
            content_type,
            schema: MetaSchemaRef::Inline(Box::new(MetaSchema::ANY)),
        };
        Some(MetaRequest {
            description: Some("A delivery in one of the formats."),
            content: CONTENT_TYPES.map(any).into(),
            required: true,
        })
    }

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> Result<Self> {
        Ok(Self { bytes: <Vec<u8> as FromRequest>::from_request(request, body).await? })
    }
}

/// The headers that hold an event's attributes (CloudEvents 1.0, HTTP binding, binary mode).
pub fn attributes(headers: &HeaderMap) -> BTreeMap<String, String> {
    let attributes = headers.iter().filter(|(name, _)| name.as_str().starts_with("ce-"));
    let text =
        attributes.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    text.collect()
}
