//! Engines. One file (or folder) per vendor; [`VENDORS`] is the list.

mod error;
mod preheat;
mod progress;

use std::sync::Arc;

use async_trait::async_trait;
use forewarm_domain::Invalid;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::{Kind, PreheatOptions};
use forewarm_domain::task_log::TaskLog;
use forewarm_http::Outbound;

pub use error::ProviderError;
pub use preheat::{ImagePreheat, Preheat, Subject};
pub use progress::{Outcome, Progress};

/// Every vendor that Forewarm knows.
pub const VENDORS: &[Vendor] = &[];

/// One kind of engine.
#[derive(Debug)]
pub struct Vendor {
    /// The word for it in the API and the database.
    pub id: &'static str,
    pub name: &'static str,
    /// A sentence for the person who chooses.
    pub description: &'static str,
    /// What it can preheat.
    pub kinds: &'static [Kind],
    /// Names of the preheat options that it honours, as `PreheatOptions::set` names them, and of `headers`,
    /// `username`, `password`.
    pub options: &'static [&'static str],
    /// Names of the instance settings that it knows.
    pub settings: &'static [&'static str],
    connect: fn(&Instance, &Outbound) -> Arc<dyn Provider>,
}

/// The vendor with this id.
pub fn vendor(id: &str) -> Option<&'static Vendor> {
    VENDORS.iter().find(|vendor| vendor.id == id)
}

impl Vendor {
    /// A client of the engine. Makes no request.
    pub fn connect(&self, instance: &Instance, outbound: &Outbound) -> Arc<dyn Provider> {
        (self.connect)(instance, outbound)
    }

    /// Complains about every option that this vendor cannot honour, rather than ignoring it.
    pub fn check(&self, kind: Kind, options: &PreheatOptions) -> Result<(), Vec<Invalid>> {
        let mut found = Vec::new();
        if !self.kinds.contains(&kind) {
            found.push(Invalid::new(
                "type",
                format!("{} cannot preheat {}s", self.id, kind.as_str()),
            ));
        }
        for name in options.set() {
            if !self.options.contains(&name) {
                found.push(Invalid::new(
                    name,
                    format!("is an option that vendor {} cannot honour", self.id),
                ));
            }
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

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
