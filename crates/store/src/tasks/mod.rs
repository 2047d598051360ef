//! Table `tasks`: one manifest, or one set of files, on one instance.

mod claim;
mod columns;
mod create;
mod lease;
mod read;
mod record;
pub mod search;
mod step;
mod stop;
mod urls;
mod window;

pub use claim::Claim;
pub use create::NewTask;
pub use lease::{Assignment, Lease, Stage};
pub use step::Step;
pub(crate) use stop::stop_waiting;

use crate::Store;

/// What can be done with tasks.
#[derive(Debug, Clone, Copy)]
pub struct Tasks<'a> {
    store: &'a Store,
}

impl Store {
    pub fn tasks(&self) -> Tasks<'_> {
        Tasks { store: self }
    }
}
