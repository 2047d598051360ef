//! The rule for names that users give to registries, instances, projects and policies.

use crate::Invalid;

/// The longest name, in characters.
pub const MAX_LENGTH: usize = 255;

/// Checks a name: letters and digits, with single `.`, `_` or `-` between them, 255 characters at most.
/// The rule is Harbor's for instances and policies (`^[A-Za-z0-9]+(?:[._-][A-Za-z0-9]+)*$`, Harbor 2.16).
pub fn check(field: &str, name: &str) -> Result<(), Invalid> {
    if name.is_empty() {
        return Err(Invalid::new(field, "must not be empty"));
    }
    if name.len() > MAX_LENGTH {
        return Err(Invalid::new(field, format!("must have at most {MAX_LENGTH} characters")));
    }
    let parts_are_words = name
        .split(['.', '_', '-'])
        .all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()));
    if parts_are_words {
        return Ok(());
    }
    Err(Invalid::new(
        field,
        "must be letters and digits, with single '.', '_' or '-' between them, like 'team-a.web'",
    ))
}
