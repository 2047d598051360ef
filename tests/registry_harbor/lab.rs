//! A Harbor, and clients of it.

use std::sync::Arc;

use forewarm_domain::artifact::Artifact;
use forewarm_domain::filter::Filter;
use forewarm_domain::registry::Registry as Settings;
use forewarm_fake::harbor::{ADMIN, ADMIN_PASSWORD, Harbor};
use forewarm_registry::{Found, Registry, RegistryError, Wanted};

use crate::support::oci::{connect, selector, settings, with_basic};
use crate::support::outbound::outbound;

pub const REPOSITORY: &str = "team/app";

pub async fn harbor() -> Harbor {
    Harbor::start().await.unwrap()
}

/// What a user would have entered.
pub fn entered(harbor: &Harbor, name: &str, secret: &str) -> Settings {
    Settings { kind: "harbor".to_owned(), ..with_basic(&harbor.url(), name, secret) }
}

pub fn as_account(harbor: &Harbor, name: &str, secret: &str) -> Arc<dyn Registry> {
    connect(&entered(harbor, name, secret), &outbound())
}

pub fn as_admin(harbor: &Harbor) -> Arc<dyn Registry> {
    as_account(harbor, ADMIN, ADMIN_PASSWORD)
}

pub fn as_stranger(harbor: &Harbor) -> Arc<dyn Registry> {
    let settings = Settings { kind: "harbor".to_owned(), ..settings(&harbor.url()) };
    connect(&settings, &outbound())
}

/// What the administrator finds in `team/app` with these filters.
pub async fn found(harbor: &Harbor, filters: &[Filter]) -> Found {
    tried(harbor, filters).await.unwrap()
}

pub async fn tried(harbor: &Harbor, filters: &[Filter]) -> Result<Found, RegistryError> {
    let selector = selector(filters);
    let wanted = Wanted { selector: &selector, platforms: false, sizes: false };
    as_admin(harbor).artifacts(REPOSITORY, &wanted).await
}

/// The one artifact that there is.
pub async fn only(harbor: &Harbor, filters: &[Filter]) -> Artifact {
    let mut found = found(harbor, filters).await;
    assert_eq!(found.artifacts.len(), 1);
    found.artifacts.remove(0)
}

pub fn tag(pattern: &str) -> Filter {
    Filter::Tag { pattern: pattern.to_owned() }
}

/// Requests to the API whose path contains this.
pub fn asked(harbor: &Harbor, part: &str) -> usize {
    let requests = harbor.recorder().matching("GET", "/api/v2.0/");
    requests.iter().filter(|request| request.path.contains(part)).count()
}
