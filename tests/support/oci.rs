//! Clients of kind `oci`, as the worker makes them.

use std::sync::Arc;

use forewarm_domain::auth::Auth;
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::registry::Registry as Settings;
use forewarm_http::Outbound;
use forewarm_registry::{Registry, Wanted};

use super::outbound::outbound;

/// What a user would have entered for a registry at this address.
pub fn settings(url: &str) -> Settings {
    Settings {
        id: 1,
        name: "origin".to_owned(),
        kind: "oci".to_owned(),
        description: String::new(),
        url: url.parse().unwrap(),
        auth: Auth::None,
        insecure_tls: false,
        repositories: vec![],
        event_secrets: vec![],
        watch_interval_seconds: None,
        health: None,
        created_at: chrono::DateTime::UNIX_EPOCH,
        updated_at: chrono::DateTime::UNIX_EPOCH,
    }
}

pub fn connect(settings: &Settings, outbound: &Outbound) -> Arc<dyn Registry> {
    let kind = forewarm_registry::kind(&settings.kind).unwrap();
    kind.connect(settings, outbound)
}

/// A client without credentials.
pub fn anonymous(url: &str) -> Arc<dyn Registry> {
    connect(&settings(url), &outbound())
}

/// A client with a name and password.
pub fn signed_in(url: &str, username: &str, password: &str) -> Arc<dyn Registry> {
    connect(&with_basic(url, username, password), &outbound())
}

pub fn with_basic(url: &str, username: &str, password: &str) -> Settings {
    Settings { auth: basic(username, password), ..settings(url) }
}

pub fn basic(username: &str, password: &str) -> Auth {
    Auth::Basic { username: username.to_owned(), password: password.to_owned().into() }
}

/// Filters ready for use.
pub fn selector(filters: &[Filter]) -> Selector {
    Selector::compile(filters).unwrap()
}

/// Nothing is filtered, platforms are not looked up.
pub fn everything(selector: &Selector) -> Wanted<'_> {
    Wanted { selector, platforms: false, sizes: false }
}
