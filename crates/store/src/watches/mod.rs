//! Tables `watches`, `watched_namespaces` and `watched_tags`: what watched registries held when we last looked.

mod lease;
mod note;
mod read;

pub use lease::{Watch, WatchLease};
pub use note::Noted;
pub use read::{Known, Told};

use crate::Store;

/// What can be done with watches.
#[derive(Debug, Clone, Copy)]
pub struct Watches<'a> {
    store: &'a Store,
}

impl Store {
    pub fn watches(&self) -> Watches<'_> {
        Watches { store: self }
    }
}
