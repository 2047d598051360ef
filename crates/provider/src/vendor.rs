//! Vendors: the kinds of engines, and what each of them can honour.

use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use forewarm_domain::Invalid;
use forewarm_domain::instance::{Instance, InstanceSettings};
use forewarm_domain::options::{Kind, OriginAccess, PreheatOptions};
use forewarm_http::Outbound;

use crate::Provider;
use crate::measured::Measured;

/// How long something may count as warm after its proof, in seconds: a minute to 90 days.
const FRESHNESS_SECONDS: RangeInclusive<u32> = 60..=90 * 24 * 3600;

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
    /// How long its cache keeps what nobody asks for, as it comes from its makers.
    pub(crate) keeps: Duration,
    pub(crate) connect: fn(&Instance, &Outbound) -> Arc<dyn Provider>,
    /// Why an instance with these settings cannot honour one of the options above.
    pub(crate) refuses: fn(&InstanceSettings, option: &str) -> Option<&'static str>,
}

impl Vendor {
    /// A client of the engine. Makes no request.
    pub fn connect(&self, instance: &Instance, outbound: &Outbound) -> Arc<dyn Provider> {
        Arc::new(Measured::new(&instance.name, (self.connect)(instance, outbound)))
    }

    /// For how long after a proof something counts as warm, unless the instance says otherwise: as long as the engine
    /// keeps what nobody asks for.
    pub fn freshness(&self) -> Duration {
        self.keeps
    }

    /// The same for an instance with these settings.
    pub fn freshness_of(&self, settings: &InstanceSettings) -> Duration {
        settings.freshness_seconds.map_or(self.keeps, |seconds| Duration::from_secs(seconds.into()))
    }

    /// Complains about every option that this vendor cannot honour, rather than ignoring it.
    pub fn check(&self, kind: Kind, options: &PreheatOptions) -> Result<(), Vec<Invalid>> {
        let mut found = Vec::new();
        if !self.kinds.contains(&kind) {
            found.push(Invalid::new("type", format!("{} cannot preheat {}s", self.id, kind.as_str())));
        }
        found.extend(self.unknown(&options.set()));
        outcome(found)
    }

    /// The same, and what only this instance cannot honour because of its settings.
    pub fn check_instance(
        &self,
        instance: &Instance,
        kind: Kind,
        options: &PreheatOptions,
    ) -> Result<(), Vec<Invalid>> {
        let mut found = self.check(kind, options).err().unwrap_or_default();
        for name in options.set() {
            if let Some(reason) = (self.refuses)(&instance.settings, name) {
                found.push(Invalid::new(name, reason));
            }
        }
        outcome(found)
    }

    /// Complains about access to the origin that this vendor has no way to pass on.
    pub fn check_origin(&self, origin: &OriginAccess) -> Result<(), Vec<Invalid>> {
        let given = [
            ("headers", !origin.headers.is_empty()),
            ("username", origin.username.is_some()),
            ("password", origin.password.is_some()),
        ];
        let names: Vec<&str> =
            given.into_iter().filter_map(|(name, is_given)| is_given.then_some(name)).collect();
        outcome(self.unknown(&names))
    }

    /// Complains about instance settings that mean nothing to this vendor.
    pub fn check_settings(&self, settings: &InstanceSettings) -> Result<(), Vec<Invalid>> {
        let given = [
            ("registry_url", settings.registry_url.is_some()),
            ("kraken_mode", settings.kraken_mode.is_some()),
            ("check_seconds", settings.check_seconds.is_some()),
        ];
        let mut found: Vec<Invalid> = given
            .into_iter()
            .filter(|(name, is_given)| *is_given && !self.settings.contains(name))
            .map(|(name, _)| Invalid::new(name, format!("has no meaning for vendor {}", self.id)))
            .collect();
        if settings.check_seconds.is_some_and(|seconds| !(1..=600).contains(&seconds)) {
            found.push(Invalid::new("check_seconds", "must be 1 to 600"));
        }
        if settings.freshness_seconds.is_some_and(|seconds| !FRESHNESS_SECONDS.contains(&seconds)) {
            found.push(Invalid::new("freshness_seconds", "must be 60 (a minute) to 7776000 (90 days)"));
        }
        outcome(found)
    }

    fn unknown(&self, names: &[&str]) -> Vec<Invalid> {
        let reason = format!("is an option that vendor {} cannot honour", self.id);
        names
            .iter()
            .filter(|name| !self.options.contains(name))
            .map(|name| Invalid::new(*name, reason.clone()))
            .collect()
    }
}

fn outcome(found: Vec<Invalid>) -> Result<(), Vec<Invalid>> {
    if found.is_empty() { Ok(()) } else { Err(found) }
}
