//! What went wrong with an engine.

use std::time::Duration;

use forewarm_http::HttpError;

use crate::text::Blotter;

/// A failed call. The text names the engine and the cause, in the engine's own words where it has any.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ProviderError {
    /// May pass: try again later. `retry_after` is what the engine asked for.
    #[error("{message}")]
    Transient { message: String, retry_after: Option<Duration> },
    /// The engine has no room for another job just now: ask again a little later, which is no failed attempt.
    #[error("{message}")]
    Busy { message: String, retry_after: Option<Duration> },
    /// Will not pass: wrong credentials, an address that is no such engine, a request it refuses.
    #[error("{message}")]
    Permanent { message: String },
    /// Nobody knows whether the engine took the job: look for it with `find` before asking again.
    #[error("{message}")]
    Unknown { message: String },
}

impl ProviderError {
    /// The same without the secrets that the blotter knows.
    pub(crate) fn cleaned(mut self, blotter: &Blotter) -> Self {
        let (Self::Transient { message, .. }
        | Self::Busy { message, .. }
        | Self::Permanent { message }
        | Self::Unknown { message }) = &mut self;
        *message = blotter.clean(message);
        self
    }

    pub fn permanent(message: impl Into<String>) -> Self {
        Self::Permanent { message: message.into() }
    }

    pub fn transient(message: impl Into<String>) -> Self {
        Self::Transient { message: message.into(), retry_after: None }
    }
}

impl ProviderError {
    /// The kind of failure, for metrics.
    pub(crate) fn word(&self) -> &'static str {
        match self {
            Self::Transient { .. } => "transient",
            Self::Busy { .. } => "busy",
            Self::Permanent { .. } => "permanent",
            Self::Unknown { .. } => "unknown",
        }
    }
}

impl From<HttpError> for ProviderError {
    fn from(error: HttpError) -> Self {
        if error.is_transient() {
            Self::Transient { retry_after: error.retry_after, message: error.message }
        } else {
            Self::Permanent { message: error.message }
        }
    }
}
