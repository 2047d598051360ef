//! The document of the facade, made and polished like that of `/api/v1`.

use std::sync::LazyLock;

use poem_openapi::OpenApiService;
use serde_json::Value;

use crate::polish::{Statuses, polish};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let raw = service().spec();
    polish(&raw, Statuses::Harbor)
        .unwrap_or_else(|fault| panic!("the facade breaks a rule of its document: {fault}"))
});

/// The document.
pub fn get() -> &'static Value {
    &DOCUMENT
}

/// The document as text, as it lies in `openapi/harbor-preheat.json`.
pub fn text() -> String {
    let mut text = serde_json::to_string_pretty(get()).unwrap_or_default();
    text.push('\n');
    text
}

/// As poem-openapi makes it, for tests of what the polish cannot see.
pub fn raw() -> String {
    service().spec()
}

pub(crate) fn service() -> OpenApiService<impl poem_openapi::OpenApi, ()> {
    OpenApiService::new(super::resources(), "Forewarm for clients of Harbor", env!("CARGO_PKG_VERSION"))
        .description(
            "The preheat operations of Harbor 2.16 and what their clients ask beside them, on the registries, projects, \
             instances and policies of Forewarm. What Harbor has no words for is in /api/v1.",
        )
        .server("/")
}
