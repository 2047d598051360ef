//! Instances, as users write and read them.

use chrono::{DateTime, Utc};
use forewarm_domain::instance::{Instance, InstanceSettings, KrakenMode};
use forewarm_domain::{Invalid, name};
use forewarm_http::Outbound;
use forewarm_provider::Vendor;
use forewarm_store::instances::InstanceDraft;
use poem_openapi::{Enum, Object};
use url::Url;

use crate::checks::{Checks, shown};
use crate::credentials::{self, AuthView, AuthWrite};
use crate::error::ApiError;
use crate::ping::HealthView;
use crate::reach;

/// How many tasks an engine is given at one time when nothing else is said.
pub const USUAL_IN_FLIGHT: i32 = 50;
/// The longest description, in characters.
pub const LONGEST_DESCRIPTION: usize = 2000;

/// A configured engine.
#[derive(Object)]
#[oai(rename = "Instance", skip_serializing_if_is_none)]
pub struct View {
    name: String,
    /// A vendor of `GET /vendors`.
    vendor: String,
    description: String,
    endpoint: String,
    auth: AuthView,
    /// Any TLS certificate is accepted.
    insecure_tls: bool,
    enabled: bool,
    /// Policies that name no instance go to this one.
    default: bool,
    settings: SettingsObject,
    /// How many tasks the engine is given at one time.
    max_in_flight: i64,
    /// How many tasks are handed to the engine per second; absent: as fast as they come.
    submits_per_second: Option<f64>,
    health: HealthView,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

/// A configured engine to be stored.
#[derive(Object)]
#[oai(rename = "InstanceWrite")]
pub struct Write {
    /// Letters and digits, with single `.`, `_` or `-` between them.
    #[oai(validator(max_length = 255))]
    pub name: String,
    /// A vendor of `GET /vendors`. It cannot be changed later.
    vendor: String,
    #[oai(validator(max_length = 2000))]
    description: Option<String>,
    /// Address of the engine, like `http://dragonfly-manager:8080`.
    #[oai(validator(max_length = 2000))]
    endpoint: String,
    /// Left out of an update it stays as it is.
    auth: Option<AuthWrite>,
    /// Accept any TLS certificate.
    insecure_tls: Option<bool>,
    /// false: it is not used. Tasks that wait for it are stopped, those that it has are followed to their end, and a
    /// retry runs the stopped ones once it is enabled again. Left out: true.
    enabled: Option<bool>,
    /// Make it the one for policies that name no instance, in place of the one that was. Left out: false.
    default: Option<bool>,
    settings: Option<SettingsObject>,
    /// How many tasks the engine is given at one time; left out: 50.
    #[oai(validator(minimum(value = "1"), maximum(value = "10000")))]
    max_in_flight: Option<i64>,
    /// How many tasks are handed to the engine per second; left out: as fast as they come.
    #[oai(validator(minimum(value = "0.01"), maximum(value = "1000")))]
    submits_per_second: Option<f64>,
}

/// What only some vendors need; `GET /vendors` tells which.
#[derive(Object, Default)]
#[oai(rename = "InstanceSettings", skip_serializing_if_is_none)]
struct SettingsObject {
    /// The registry's address as the nodes see it, for engines whose cache key holds it (Dragonfly).
    #[oai(validator(max_length = 2000))]
    registry_url: Option<String>,
    kraken_mode: Option<KrakenModeWord>,
    /// Seconds between two looks at a job; left out: a plan made for Dragonfly's own rhythm, first after 32 s.
    #[oai(validator(minimum(value = "1"), maximum(value = "600")))]
    check_seconds: Option<u32>,
    /// For how many seconds after a proof something counts as warm, up to 90 days; left out: as long as the vendor's
    /// engines usually keep it (`freshness_seconds` of `GET /vendors`). Runs with `skip_if_warm` leave out what is
    /// still warm by this.
    #[oai(validator(minimum(value = "60"), maximum(value = "7776000")))]
    freshness_seconds: Option<u32>,
}

/// Which of Kraken's entrances a preheat goes through.
#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename = "KrakenMode", rename_all = "snake_case")]
enum KrakenModeWord {
    /// The origin's prefetch per blob, repeated until it is cached. The default.
    Origin,
    /// The proxy's prefetch: every download was triggered, nothing is known of its end.
    Prefetch,
    /// The proxy's registry notifications: accepted is all it can say.
    Notification,
}

impl Write {
    /// What is to be stored, or everything that is wrong with it.
    pub fn draft(&self, outbound: &Outbound, current: Option<&Instance>) -> Result<InstanceDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(name::check("name", &self.name));
        let vendor = checks.take(vendor_of(&self.vendor, current));
        let known = current.map(|current| &current.endpoint);
        let endpoint = checks.take(reach::endpoint(outbound, "endpoint", &self.endpoint, known));
        let stored = current.map(|current| (&current.endpoint, &current.auth));
        let auth = endpoint
            .as_ref()
            .and_then(|endpoint| checks.take(credentials::resolve(self.auth.as_ref(), stored, endpoint)));
        let known = current.and_then(|current| current.settings.registry_url.as_ref());
        let settings = |vendor| self.settings(vendor, outbound, known);
        let settings = vendor.and_then(|vendor| checks.take_within("settings", settings(vendor)));
        let ((endpoint, auth), settings) = checks.finish(endpoint.zip(auth).zip(settings))?;
        Ok(InstanceDraft {
            name: self.name.clone(),
            vendor: self.vendor.clone(),
            description: self.description.clone().unwrap_or_default(),
            endpoint,
            auth,
            insecure_tls: self.insecure_tls.unwrap_or_default(),
            enabled: self.enabled.unwrap_or(true),
            is_default: self.default.unwrap_or(false),
            settings,
            max_in_flight: self
                .max_in_flight
                .and_then(|number| i32::try_from(number).ok())
                .unwrap_or(USUAL_IN_FLIGHT),
            submits_per_second: self.submits_per_second,
        })
    }

    fn settings(
        &self,
        vendor: &Vendor,
        outbound: &Outbound,
        known: Option<&Url>,
    ) -> Result<InstanceSettings, Vec<Invalid>> {
        let Some(given) = &self.settings else {
            return Ok(InstanceSettings::default());
        };
        let registry_url = given.registry_url.as_deref();
        let registry_url =
            registry_url.map(|text| reach::endpoint(outbound, "registry_url", text, known)).transpose();
        let settings = InstanceSettings {
            registry_url: registry_url.map_err(|invalid| vec![invalid])?,
            kraken_mode: given.kraken_mode.map(KrakenMode::from),
            check_seconds: given.check_seconds,
            freshness_seconds: given.freshness_seconds,
        };
        vendor.check_settings(&settings).map(|()| settings)
    }
}

/// The vendor that is named; an instance keeps its own.
pub fn vendor_of(id: &str, current: Option<&Instance>) -> Result<&'static Vendor, Invalid> {
    if current.is_some_and(|current| current.vendor != id) {
        return Err(Invalid::new("vendor", "cannot be changed; create another instance"));
    }
    forewarm_provider::vendor(id).ok_or_else(|| {
        let known: Vec<&str> = forewarm_provider::VENDORS.iter().map(|vendor| vendor.id).collect();
        Invalid::new("vendor", format!("must be one of {}", known.join(", ")))
    })
}

impl From<Instance> for View {
    fn from(instance: Instance) -> Self {
        Self {
            name: instance.name,
            vendor: instance.vendor,
            description: instance.description,
            endpoint: shown(&instance.endpoint),
            auth: AuthView::from(&instance.auth),
            insecure_tls: instance.insecure_tls,
            enabled: instance.enabled,
            default: instance.is_default,
            settings: SettingsObject {
                registry_url: instance.settings.registry_url.as_ref().map(shown),
                kraken_mode: instance.settings.kraken_mode.map(KrakenModeWord::from),
                check_seconds: instance.settings.check_seconds,
                freshness_seconds: instance.settings.freshness_seconds,
            },
            max_in_flight: instance.max_in_flight.into(),
            submits_per_second: instance.submits_per_second,
            health: instance.health.into(),
            created_at: instance.created_at,
            updated_at: instance.updated_at,
        }
    }
}

impl From<KrakenModeWord> for KrakenMode {
    fn from(word: KrakenModeWord) -> Self {
        match word {
            KrakenModeWord::Origin => Self::Origin,
            KrakenModeWord::Prefetch => Self::Prefetch,
            KrakenModeWord::Notification => Self::Notification,
        }
    }
}

impl From<KrakenMode> for KrakenModeWord {
    fn from(mode: KrakenMode) -> Self {
        match mode {
            KrakenMode::Origin => Self::Origin,
            KrakenMode::Prefetch => Self::Prefetch,
            KrakenMode::Notification => Self::Notification,
        }
    }
}
