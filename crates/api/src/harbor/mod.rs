//! `/api/v2.0`: what clients of Harbor's preheat know, on the same store and by the same rules as `/api/v1`.
//!
//! All facts are those of Harbor 2.16 (goharbor/harbor c50c7ddd). Where Harbor trips over what it was given, or loses
//! it, the answer is a decided one; `docs/harbor.md` tells which.

mod access;
mod answers;
mod body;
pub mod document;
pub mod errors;
mod executions;
mod instances;
mod lists;
mod policies;
mod projects;
mod providers;
mod system;
mod tasks;
mod truth;
mod users;

/// Where it all is.
pub const BASE: &str = "/api/v2.0";

/// Whether an address is one of Harbor's.
pub fn owns(path: &str) -> bool {
    path.strip_prefix(BASE).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Every resource, in the order of the document.
pub(crate) fn resources() -> impl poem_openapi::OpenApi {
    (
        (providers::Api, instances::Api, policies::Api, executions::Api, tasks::Api),
        (projects::Api, users::Api, system::Api),
    )
}
