//! Everything that the server answers, under one roof: the API, its documentation, and the console at `/`.

use poem::{Endpoint, EndpointExt, IntoResponse, Request, Response, Result, Route, get};

use crate::exposure::Exposure;
use crate::state::ApiState;
use crate::{docs, document, harbor, layers};

/// The whole site, where nothing stands before the server.
pub fn app(state: ApiState) -> impl Endpoint {
    app_exposed(state, Exposure::default())
}

/// The whole site, as `serve` puts it on the network.
pub fn app_exposed(state: ApiState, exposure: Exposure) -> impl Endpoint {
    let api = Route::new()
        .nest("/", document::service())
        .nest_no_strip(harbor::BASE, harbor::document::service())
        .at("/openapi-harbor.json", get(docs::openapi(harbor::document::text)))
        .at("/openapi.json", get(docs::openapi(document::text)))
        .nest("/docs", get(docs::page()))
        .data(state);
    layers::around(Site { api, console: get(forewarm_console::console()) }, exposure)
}

/// Whether an address outside the document's paths is a page or file of ours.
pub fn is_page(path: &str) -> bool {
    path == "/openapi.json"
        || path == "/openapi-harbor.json"
        || path == "/docs"
        || path.starts_with("/docs/")
        || !is_reserved(path)
}

/// What the console must not answer with its page.
fn is_reserved(path: &str) -> bool {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    matches!(
        first,
        "api" | "docs" | "openapi.json" | "openapi-harbor.json" | "livez" | "readyz" | "healthz" | "metrics"
    )
}

struct Site<A, C> {
    api: A,
    console: C,
}

impl<A: Endpoint, C: Endpoint> Endpoint for Site<A, C> {
    type Output = Response;

    async fn call(&self, request: Request) -> Result<Response> {
        if request.uri().path() == "/docs" {
            return get(docs::to_folder()).call(request).await;
        }
        if is_reserved(request.uri().path()) {
            self.api.call(request).await.map(IntoResponse::into_response)
        } else {
            self.console.call(request).await.map(IntoResponse::into_response)
        }
    }
}
