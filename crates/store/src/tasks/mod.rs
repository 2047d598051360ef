//! Table `tasks`: one manifest, or one set of files, on one instance.

mod claim;
mod columns;
mod create;
mod lease;
mod note;
mod postpone;
mod read;
mod record;
mod renew;
pub mod search;
mod step;
mod stop;
mod tickets;
mod urls;
mod window;
mod written;

use std::sync::Arc;

pub use claim::Claim;
pub use create::NewTask;
pub use lease::{Assignment, Lease, Stage};
pub use step::Step;
pub(crate) use stop::stop_waiting;
pub(crate) use tickets::{Due, push};

use crate::Store;
use crate::batch::Batch;

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

/// What this process is about to write to tasks, gathered into groups.
#[derive(Default)]
pub(crate) struct Writes {
    notes: Arc<Batch<note::Note, bool>>,
    records: Arc<Batch<record::Record, bool>>,
    renewals: Arc<Batch<renew::Renewal, bool>>,
}

impl std::fmt::Debug for Writes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Writes")
    }
}
