//! What went wrong with a registry.

use std::time::Duration;

use forewarm_http::{ErrorKind, HttpError};

/// A failed look at a registry. The text names the registry, what was asked, and the cause.
#[derive(Debug, Clone, thiserror::Error)]
pub enum RegistryError {
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The repository, tag or manifest is not there.
    #[error("{0}")]
    NotFound(String),
    /// The credentials are missing, wrong or not enough.
    #[error("{0}")]
    Denied(String),
    /// It answered, but against the rules: wrong digest, endless paging, something that is no manifest.
    #[error("{0}")]
    Lying(String),
    /// What was asked for cannot be preheated: not an image, or no such platform.
    #[error("{0}")]
    Unsuitable(String),
}

impl RegistryError {
    /// Whether the same question may be answered a little later.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Http(error) if error.is_transient())
    }

    /// Whether the registry is well and only asks for patience: 429, or a 503 that says for how long.
    pub fn asks_for_patience(&self) -> bool {
        let Self::Http(error) = self else { return false };
        match error.kind {
            ErrorKind::Status(429) => true,
            ErrorKind::Status(503) => error.retry_after.is_some(),
            _ => false,
        }
    }

    /// What it asked us to wait.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Http(error) => error.retry_after,
            _ => None,
        }
    }
}
