//! Table `warm`: which manifests are proven warm on which instances.
//!
//! A row says what a task proved, and when; it is never more than that. What an engine only took note of is not in
//! here. Rows outlive their cache entries, so whoever asks says how old a proof may be. A preheat that fails later
//! deletes nothing, since blobs that were not confirmed need not be gone; but a proof that the engine could not repeat
//! is doubted, and not relied on until there is a new one.

mod find;
mod forget;
mod list;
mod prove;
mod tags;

pub use find::Standing;
pub use list::{Warm, WarmFilter};

pub(crate) use find::{Asked, of_tasks, standing};
pub(crate) use forget::{forget_executions, forget_instance};
pub(crate) use prove::{doubt, prove};
pub(crate) use tags::{Found, note_tags};

use crate::Store;

/// What can be asked about what is warm.
#[derive(Debug, Clone, Copy)]
pub struct WarmRows<'a> {
    store: &'a Store,
}

impl Store {
    pub fn warm(&self) -> WarmRows<'_> {
        WarmRows { store: self }
    }
}
