//! Collects everything that is wrong with an input, so that it is all told at once.

use forewarm_domain::Invalid;
use url::Url;

use crate::error::ApiError;

#[derive(Default)]
pub struct Checks {
    found: Vec<Invalid>,
}

impl Checks {
    pub fn check(&mut self, result: Result<(), Invalid>) {
        self.take(result);
    }

    /// The value, or a note of the complaint.
    pub fn take<T>(&mut self, result: Result<T, Invalid>) -> Option<T> {
        result.map_err(|invalid| self.found.push(invalid)).ok()
    }

    /// Like `take`, for complaints about fields inside `parent`.
    pub fn take_within<T>(&mut self, parent: &str, result: Result<T, Vec<Invalid>>) -> Option<T> {
        let complaints = |found: Vec<Invalid>| {
            let within = found.into_iter().map(|invalid| invalid.within(parent));
            self.found.extend(within);
        };
        result.map_err(complaints).ok()
    }

    /// Notes complaints; one that was noted already (two instances of one vendor) is not repeated.
    pub fn add(&mut self, found: impl IntoIterator<Item = Invalid>) {
        for invalid in found {
            if !self.found.contains(&invalid) {
                self.found.push(invalid);
            }
        }
    }

    /// The value, if nothing is wrong.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, ApiError> {
        match value {
            Some(value) if self.found.is_empty() => Ok(value),
            _ => Err(self.found.into()),
        }
    }
}

/// Checks the name of a repository (OCI distribution spec 1.1: lower-case path components).
pub fn repository(field: &str, name: &str) -> Result<(), Invalid> {
    let well_formed = name.len() <= 255 && name.split('/').all(is_component);
    if well_formed {
        return Ok(());
    }
    Err(Invalid::new(
        field,
        "must be lower-case letters and digits with '.', '_', '-' and '/' between them, like 'shop/web'",
    ))
}

/// `[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*`
fn is_component(component: &str) -> bool {
    let alphanumeric = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let separators: Vec<&str> =
        component.split(alphanumeric).filter(|separator| !separator.is_empty()).collect();
    component.starts_with(alphanumeric)
        && component.ends_with(alphanumeric)
        && separators
            .iter()
            .all(|separator| matches!(*separator, "." | "_" | "__") || separator.bytes().all(|b| b == b'-'))
}

/// An address as its user wrote it: without the slash that every parsed one has.
pub fn shown(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}
