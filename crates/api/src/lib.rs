//! The HTTP API: `/api/v1`, its document, its documentation page, health, and the console at `/`.

mod access;
mod answers;
mod audit;
mod auth;
mod checks;
mod credentials;
mod criteria;
mod docs;
pub mod document;
mod error;
mod events;
mod executions;
mod exposure;
mod filters;
mod grants;
pub mod harbor;
mod health;
mod health_history;
mod image_reference;
mod input;
mod instances;
mod layers;
mod metrics;
mod options;
mod paging;
mod ping;
mod plan;
mod policies;
mod polish;
mod preheats;
mod previews;
mod probes;
mod project_instances;
mod projects;
mod reach;
mod registries;
mod shape;
mod site;
mod state;
mod tags;
mod task_logs;
mod tasks;
mod tokens;
mod triggers;
mod users;
mod vendors;
mod warm;

pub use auth::{Gate, GateSettings, Issuer, Oidc, OidcSettings, RoleRule};
pub use error::ApiError;
pub use exposure::{Exposure, Origin, Times};
pub use layers::{ClientAddress, around};
pub use probes::probes;
pub use site::{app, app_exposed};
pub use state::ApiState;

/// Every resource, in the order of the document.
fn resources() -> impl poem_openapi::OpenApi {
    (
        (vendors::Api, registries::Api, instances::Api, projects::Api, project_instances::Api),
        (policies::Api, previews::Api, preheats::Api, executions::Api, tasks::Api),
        (events::Api, task_logs::Api, warm::Api),
        (users::Api, users::CurrentApi, tokens::Api, audit::Api, health::Api, metrics::Api),
    )
}
