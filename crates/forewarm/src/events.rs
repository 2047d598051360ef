//! How events are taken in.

use std::time::Duration;

use clap::Args;
use forewarm_store::Store;

#[derive(Debug, Clone, Args)]
pub struct EventArgs {
    /// Seconds that an event waits for more news of its artifact, so that what a push tells in several deliveries starts
    /// each policy once. 0: none.
    #[arg(long, env = "FOREWARM_EVENT_WINDOW_SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(0..=60))]
    pub event_window_seconds: u64,
}

impl EventArgs {
    /// The same store, whose events wait so long.
    pub fn of(&self, store: Store) -> Store {
        store.with_gathering(Duration::from_secs(self.event_window_seconds))
    }
}
