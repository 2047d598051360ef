//! The grammar of repository names and tags (OCI distribution specification 1.1), for names that come from outside.

use crate::RegistryError;

/// Whether it is path components of lower-case letters and digits, with `.`, `_`, `__` or dashes between them.
pub(crate) fn is_repository(name: &str) -> bool {
    name.len() <= 255 && name.split('/').all(is_component)
}

/// Whether it is a word of at most 128 letters, digits, `_`, `.` and `-` that starts with one of the first three.
pub(crate) fn is_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= 128 && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

pub(crate) fn check_repository(name: &str) -> Result<(), RegistryError> {
    if is_repository(name) {
        return Ok(());
    }
    Err(RegistryError::Unsuitable(format!("'{}' is no repository name", shorten(name))))
}

pub(crate) fn check_tag(repository: &str, tag: &str) -> Result<(), RegistryError> {
    if is_tag(tag) {
        return Ok(());
    }
    Err(RegistryError::Unsuitable(format!("{repository}: '{}' is neither a tag nor a digest", shorten(tag))))
}

fn is_component(part: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    part.starts_with(plain)
        && part.ends_with(plain)
        && part
            .split(plain)
            .all(|between| matches!(between, "" | "." | "_" | "__") || between.chars().all(|c| c == '-'))
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}
