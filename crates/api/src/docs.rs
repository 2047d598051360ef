//! The documentation page: Swagger UI from embedded files, without a request to anywhere else.

use forewarm_console::files::Files;
use poem::endpoint::make_sync;
use poem::http::{StatusCode, header};
use poem::{Endpoint, Response};
use rust_embed::RustEmbed;

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

/// A document, as `/openapi.json` and `/openapi-harbor.json`.
pub fn openapi(document: fn() -> String) -> impl Endpoint {
    make_sync(move |_| {
        Response::builder()
            .content_type("application/json")
            .header(header::CACHE_CONTROL, "no-cache")
            .body(document())
    })
}
