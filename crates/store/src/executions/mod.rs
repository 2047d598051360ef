//! Table `executions`: one run of a policy, or of an ad-hoc preheat.

mod end;
mod expansion;
mod measure;
mod read;
pub mod search;
mod spec;
mod start;
mod trace;

pub use end::Change;
pub(crate) use end::TASKS_PER_MARK;
pub use expansion::{Expansion, ExpansionLease};
pub use read::ExecutionFilter;
pub use start::{NewExecution, Started};
pub use trace::Beginning;

use crate::Store;

const TABLE: &str = "executions";

/// What can be done with executions.
#[derive(Debug, Clone, Copy)]
pub struct Executions<'a> {
    store: &'a Store,
}

impl Store {
    pub fn executions(&self) -> Executions<'_> {
        Executions { store: self }
    }
}
