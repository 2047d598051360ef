//! The documentation page: Swagger UI from embedded files, without a request to anywhere else.

use forewarm_console::files::Files;
use poem::endpoint::make_sync;
use poem::http::{StatusCode, header};
use poem::{Endpoint, Response};
use rust_embed::RustEmbed;

use crate::document;

#[derive(RustEmbed)]
#[folder = "assets/swagger-ui"]
struct SwaggerUi;

/// Below `/docs/`.
pub fn page() -> impl Endpoint {
    Files::<SwaggerUi>::new()
}

/// `/docs`: relative addresses in the page need the slash.
pub fn to_folder() -> impl Endpoint<Output = Response> {
    make_sync(|_| {
        Response::builder().status(StatusCode::PERMANENT_REDIRECT).header(header::LOCATION, "/docs/").finish()
    })
}

/// `/openapi.json`.
pub fn openapi() -> impl Endpoint {
    make_sync(|_| {
        Response::builder()
            .content_type("application/json")
            .header(header::CACHE_CONTROL, "no-cache")
            .body(document::text())
    })
}
