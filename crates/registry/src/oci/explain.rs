//! Sorts what went wrong on the wire into what it means for a registry.

use forewarm_http::{ErrorKind, HttpError};

use crate::RegistryError;

/// `what` is the thing that was asked for: a repository, `repository:tag`, or a phrase like "the catalog".
pub(super) fn explain(mut error: HttpError, what: &str) -> RegistryError {
    error.message = format!("{what}: {}", error.message);
    match error.kind {
        ErrorKind::Status(401 | 403) => RegistryError::Denied(error.message),
        ErrorKind::Status(404) => RegistryError::NotFound(error.message),
        ErrorKind::Protocol | ErrorKind::TooLarge => RegistryError::Lying(error.message),
        _ => RegistryError::Http(error),
    }
}
