//! The OpenAPI document: made from the code, polished, and the only one that is published.

use std::sync::LazyLock;

use poem_openapi::OpenApiService;
use serde_json::Value;

use crate::polish::{Statuses, polish};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let raw = service().spec();
    polish(&raw, Statuses::Native)
        .unwrap_or_else(|fault| panic!("the API breaks a rule of its document: {fault}"))
});

/// The document.
pub fn get() -> &'static Value {
    &DOCUMENT
}

/// The document as text, as it lies in `openapi/forewarm.json`.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(get()).unwrap_or_default();
    text.push('\n');
    text
}

/// As poem-openapi makes it, for tests of what the polish cannot see.
pub fn raw() -> String {
    service().spec()
}

/// Every resource of the API.
pub(crate) fn service() -> OpenApiService<impl poem_openapi::OpenApi, ()> {
    OpenApiService::new(crate::resources(), "Forewarm", env!("CARGO_PKG_VERSION"))
        .description(
            "Warms P2P and pull-through caches before anyone pulls. A policy says which artifacts of a registry, \
             to which engines, when; an execution is one run of it; a task is one image manifest on one engine.",
        )
        .server("/")
}
