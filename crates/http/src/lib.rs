//! Outbound HTTP: the only place that makes clients for engines and registries, and that says in words what went wrong.

pub mod authorize;
pub mod body;
pub mod clock;
pub mod distribution;
pub mod error;
pub mod outbound;
mod slots;

pub use error::{ErrorKind, HttpError};
pub use outbound::Outbound;
