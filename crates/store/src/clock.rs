//! What time it is: the database's, unless a test says otherwise.

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

/// The clock of a store. Processes on machines whose clocks differ still agree, because times in rows are Postgres's
/// own; a test puts its own clock in its place.
#[derive(Clone)]
pub struct Clock(Option<Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>>);

impl Clock {
    pub fn database() -> Self {
        Self(None)
    }

    pub fn manual(now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(now)))
    }

    /// The time to bind to a statement as `coalesce($n, now())`: None = let the database tell.
    pub(crate) fn bind(&self) -> Option<DateTime<Utc>> {
        self.0.as_ref().map(|now| now())
    }

    /// The time for something that no other process compares, like a line of a log.
    pub fn local(&self) -> DateTime<Utc> {
        self.bind().unwrap_or_else(Utc::now)
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Clock(manual)" } else { "Clock(database)" })
    }
}
