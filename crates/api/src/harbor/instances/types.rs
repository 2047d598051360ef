//! Instances in Harbor's form.

use std::collections::BTreeMap;

use forewarm_domain::auth::Auth;
use forewarm_domain::harbor::credentials::{self, AuthInfo};
use forewarm_domain::harbor::search::{Column, Field};
use forewarm_domain::instance::{Instance, InstanceSettings};
use forewarm_domain::{Invalid, Secret, name};
use forewarm_http::Outbound;
use forewarm_provider::Vendor;
use forewarm_store::instances::InstanceDraft;
use poem_openapi::Object;
use url::Url;

use crate::checks::{Checks, shown};
use crate::error::ApiError;
use crate::instances::types::{LONGEST_DESCRIPTION, USUAL_IN_FLIGHT, vendor_of};
use crate::reach;

/// What instances can be narrowed and sorted by (Harbor 2.16, `pkg/p2p/preheat/models/provider`).
pub const COLUMNS: &[Column] = &[
    Column::int("id"),
    Column::text("name"),
    Column::text("description"),
    Column::text("vendor"),
    Column::text("endpoint"),
    Column::text("auth_mode"),
    Column::boolean("enabled"),
    Column::boolean("default"),
    Column::boolean("is_default"),
    Column::boolean("insecure"),
    Column::int("setup_timestamp"),
];

/// A configured engine. What is empty or 0 is left out of answers; what is left out of a request is taken for empty,
/// except as the fields say.
#[derive(Object, Default)]
#[oai(rename = "Instance", skip_serializing_if_is_none, nullable_all)]
pub struct Model {
    /// In a request: 0, left out, or the id of the instance that the path names.
    pub id: Option<i64>,
    /// Letters and digits, with single `.`, `_` or `-` between them. Left out of an update it stays.
    name: Option<String>,
    description: Option<String>,
    /// Id of a kind of engine. It cannot be changed later.
    vendor: Option<String>,
    /// Address of the engine. Left out of an update it stays.
    endpoint: Option<String>,
    /// `NONE`, `BASIC`, `OAUTH` or `CUSTOM`. Left out: `NONE`, or what it was.
    auth_mode: Option<String>,
    /// Credentials: for BASIC `username` and `password`, or the one as key and the other as value; for OAUTH `token`;
    /// for CUSTOM a header and its value. Never in an answer. Left out of an update, or empty, those that are stored
    /// are kept, unless the mode is NONE or the endpoint moves to another host.
    auth_info: Option<BTreeMap<String, String>>,
    /// Always `Unknown` in answers; ping tells more.
    status: Option<String>,
    enabled: Option<bool>,
    /// Policies that name no instance go to this one.
    default: Option<bool>,
    /// Any TLS certificate is accepted.
    insecure: Option<bool>,
    /// When it was made, in seconds since 1970.
    setup_timestamp: Option<i64>,
}

impl Model {
    /// Whether neither a stored instance nor an address is named, which nobody can ping.
    pub fn names_nothing(&self) -> bool {
        self.id.unwrap_or_default() <= 0 && text(self.endpoint.as_ref()).is_empty()
    }

    /// What is to be stored, or everything that is wrong with it. What Harbor has no fields for stays as it is.
    pub fn draft(&self, outbound: &Outbound, current: Option<&Instance>) -> Result<InstanceDraft, ApiError> {
        let mut checks = Checks::default();
        checks.check(self.check_id(current));
        let name = self.name.clone().or_else(|| current.map(|current| current.name.clone()));
        let name = name.unwrap_or_default();
        checks.check(name::check("name", &name));
        let description = text(self.description.as_ref()).to_owned();
        checks.check(check_description(&description));
        let vendor = checks.take(self.vendor(current));
        let endpoint = checks.take(self.endpoint(outbound, current));
        let auth = endpoint.as_ref().and_then(|endpoint| checks.take(self.auth(current, endpoint)));
        let ((vendor, endpoint), auth) = checks.finish(vendor.zip(endpoint).zip(auth))?;
        Ok(InstanceDraft {
            name,
            vendor: vendor.id.to_owned(),
            description,
            endpoint,
            auth,
            insecure_tls: self.insecure.unwrap_or_default(),
            enabled: self.enabled.unwrap_or_default(),
            is_default: self.default.unwrap_or_default(),
            settings: current.map_or_else(InstanceSettings::default, |current| current.settings.clone()),
            max_in_flight: current.map_or(USUAL_IN_FLIGHT, |current| current.max_in_flight),
            submits_per_second: current.and_then(|current| current.submits_per_second),
        })
    }

    /// The path is what names an instance; Harbor believes the body instead.
    fn check_id(&self, current: Option<&Instance>) -> Result<(), Invalid> {
        match (self.id, current) {
            (Some(id), Some(current)) if id != 0 && id != current.id => {
                let reason = format!("is {id}, but the instance at this address is {}", current.id);
                Err(Invalid::new("id", reason))
            }
            _ => Ok(()),
        }
    }

    fn vendor(&self, current: Option<&Instance>) -> Result<&'static Vendor, Invalid> {
        match (text(self.vendor.as_ref()), current) {
            ("", Some(current)) => vendor_of(&current.vendor, Some(current)),
            (vendor, current) => vendor_of(vendor, current),
        }
    }

    fn endpoint(&self, outbound: &Outbound, current: Option<&Instance>) -> Result<Url, Invalid> {
        match (text(self.endpoint.as_ref()), current) {
            ("", Some(current)) => Ok(current.endpoint.clone()),
            ("", None) => Err(Invalid::new("endpoint", "is required, like http://dragonfly-manager:8080")),
            (endpoint, current) => {
                let known = current.map(|current| &current.endpoint);
                reach::endpoint(outbound, "endpoint", endpoint, known)
            }
        }
    }

    /// Stored credentials stay only while the address stays on its host.
    fn auth(&self, current: Option<&Instance>, endpoint: &Url) -> Result<Auth, Invalid> {
        let stored = current.map_or(&Auth::None, |current| &current.auth);
        let stays = current.is_some_and(|current| current.endpoint.origin() == endpoint.origin());
        let mode = match text(self.auth_mode.as_ref()) {
            "" => credentials::mode(stored),
            mode => mode,
        };
        let info = self.auth_info.as_ref().map(secrets);
        let given = info.as_ref().is_some_and(|info| !info.is_empty());
        if !stays && !given && *stored != Auth::None && mode != "NONE" {
            let reason = "must be given again when the endpoint moves to another host, so that no stored secret goes \
                          there unasked";
            return Err(Invalid::new("auth_info", reason));
        }
        credentials::merge(if stays { stored } else { &Auth::None }, mode, info.as_ref())
    }
}

impl From<Instance> for Model {
    fn from(instance: Instance) -> Self {
        Self {
            id: Some(instance.id),
            auth_mode: Some(credentials::mode(&instance.auth).to_owned()),
            name: Some(instance.name),
            description: filled(instance.description),
            vendor: Some(instance.vendor),
            endpoint: Some(shown(&instance.endpoint)),
            auth_info: None,
            status: Some("Unknown".to_owned()),
            enabled: Some(instance.enabled),
            default: Some(instance.is_default),
            insecure: Some(instance.insecure_tls),
            setup_timestamp: Some(instance.created_at.timestamp()),
        }
    }
}

/// An instance's value of a column.
pub fn field(instance: &Instance, column: &str) -> Field {
    match column {
        "id" => Field::Int(instance.id),
        "name" => Field::Text(instance.name.clone()),
        "description" => Field::Text(instance.description.clone()),
        "vendor" => Field::Text(instance.vendor.clone()),
        "endpoint" => Field::Text(shown(&instance.endpoint)),
        "auth_mode" => Field::Text(credentials::mode(&instance.auth).to_owned()),
        "enabled" => Field::Bool(instance.enabled),
        "insecure" => Field::Bool(instance.insecure_tls),
        "setup_timestamp" => Field::Int(instance.created_at.timestamp()),
        _ => Field::Bool(instance.is_default),
    }
}

/// A text that is left out is an empty one.
pub fn text(given: Option<&String>) -> &str {
    given.map_or("", String::as_str)
}

/// An empty text is left out.
pub fn filled(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

pub fn check_description(text: &str) -> Result<(), Invalid> {
    if text.chars().count() <= LONGEST_DESCRIPTION {
        return Ok(());
    }
    Err(Invalid::new("description", format!("must have at most {LONGEST_DESCRIPTION} characters")))
}

fn secrets(info: &BTreeMap<String, String>) -> AuthInfo {
    info.iter().map(|(key, value)| (key.clone(), Secret::new(value))).collect()
}
