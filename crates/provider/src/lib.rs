//! Engines. One file (or folder) per vendor; [`VENDORS`] is the list.

mod dragonfly;
mod engine;
mod error;
mod kraken;
mod measured;
mod mirror;
mod preheat;
mod progress;
mod text;
mod vendor;

use std::time::Duration;

use async_trait::async_trait;
use forewarm_domain::task_log::TaskLog;

pub use error::ProviderError;
pub use preheat::{ImagePreheat, Preheat, Subject};
pub use progress::{Outcome, Progress};
pub use vendor::Vendor;

/// Every vendor that Forewarm knows.
pub const VENDORS: &[Vendor] = &[dragonfly::VENDOR, kraken::VENDOR, mirror::VENDOR];

/// The vendor with this id.
pub fn vendor(id: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.id == id)
}

/// For how long after a proof something counts as warm on the instances of each vendor that do not say otherwise.
pub fn freshness() -> Vec<(&'static str, Duration)> {
    VENDORS.iter().map(|vendor| (vendor.id, vendor.freshness())).collect()
}

/// A question is put to an engine within this time after it was noted (`Preheat::submitted_at`), or not at all: whoever
/// finds the note can tell by its age that nothing is under way any more.
pub const ASK_WITHIN: Duration = Duration::from_secs(10);

/// An engine. Every call may make requests; each is bounded in time and size. `log` gets a line for each step: what
/// was asked, what the engine answered, without secrets.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Proves that it is such an engine and that the credentials are good; says in a few words what answered.
    async fn ping(&self) -> Result<String, ProviderError>;

    /// Looks for a job that an interrupted `preheat` of the same task may have left at the engine. None = there is
    /// none, or the engine knows no jobs and asking twice does no harm.
    async fn find(&self, preheat: &Preheat, log: &TaskLog) -> Result<Option<Progress>, ProviderError>;

    /// Asks the engine to preheat. May take minutes where we do the reading ourselves.
    async fn preheat(&self, preheat: &Preheat, log: &TaskLog) -> Result<Progress, ProviderError>;

    /// Asks how a job is going. `engine_job` is what `preheat` or `find` returned.
    async fn progress(
        &self,
        preheat: &Preheat,
        engine_job: Option<&str>,
        log: &TaskLog,
    ) -> Result<Progress, ProviderError>;
}
