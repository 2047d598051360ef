//! Tables `deliveries`, `delivery_events`, `event_keys` and `events`: what registries tell us, and what comes of it.

mod accept;
mod evaluation;
mod listeners;
mod prune;
mod read;
mod redirect;
mod reticket;
mod upsert;

use std::time::Duration;

pub use accept::{Accepted, NewDelivery};
pub use evaluation::{Evaluation, EvaluationLease};
pub use listeners::Listener;
pub use redirect::Redirection;
pub(crate) use reticket::reticket;

use crate::Store;

/// How long an event waits for more hints about its artifact, unless the store is told otherwise.
pub const GATHERING: Duration = Duration::from_secs(3);

/// What can be done with events and deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Events<'a> {
    store: &'a Store,
}

impl Store {
    pub fn events(&self) -> Events<'_> {
        Events { store: self }
    }
}
