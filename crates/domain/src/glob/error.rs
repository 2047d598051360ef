//! Why a pattern is refused.

/// Says where in the pattern, and what to write instead.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct GlobError(String);

impl GlobError {
    /// A complaint about the character with this index; users count from 1.
    pub(super) fn at(index: usize, reason: impl std::fmt::Display) -> Self {
        Self(format!("at position {}: {reason}", index + 1))
    }

    /// A complaint about the pattern as a whole.
    pub(super) fn whole(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}
