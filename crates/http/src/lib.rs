//! Outbound HTTP: the only place that makes clients for engines and registries, and that says in words what went wrong.

pub mod authorize;
pub mod body;
mod client;
pub mod clock;
pub mod distribution;
pub mod error;
pub mod guard;
pub mod outbound;
mod proxies;
mod slots;

pub use client::Client;
pub use error::{ErrorKind, HttpError};
pub use guard::Rules;
pub use outbound::{Options, Outbound};
