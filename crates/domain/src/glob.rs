//! Globs over repository names and tags, in the dialect of doublestar v4.

/// A compiled pattern.
#[derive(Debug)]
pub struct Glob {
    pattern: String,
    set: globset::GlobSet,
}

/// Why a pattern is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobError(String);

impl Glob {
    pub fn new(pattern: &str) -> Result<Self, GlobError> {
        let set = globset::GlobSetBuilder::new();
        Ok(Self {
            pattern: pattern.to_owned(),
            set: set.build().map_err(|error| GlobError(error.to_string()))?,
        })
    }

    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    pub fn is_match(&self, name: &str) -> bool {
        self.set.is_match(name)
    }
}
