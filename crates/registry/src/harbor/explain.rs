//! Says what went wrong with Harbor: which right is missing, which rule of a project was broken.

use forewarm_http::{ErrorKind, HttpError};

use crate::RegistryError;

/// `what` is the thing that was asked for, `right` what the account must be allowed to.
pub(super) fn explain(mut error: HttpError, what: &str, right: &str) -> RegistryError {
    match error.kind {
        ErrorKind::Status(401) => {
            RegistryError::Denied(format!("{what}: Harbor does not know the account: {}", error.message))
        }
        ErrorKind::Status(403) => RegistryError::Denied(format!(
            "{what}: the account lacks the right '{right}', or there is no such project: {}",
            error.message
        )),
        ErrorKind::Status(404) => RegistryError::NotFound(format!("{what}: {}", error.message)),
        ErrorKind::Protocol | ErrorKind::TooLarge => {
            RegistryError::Lying(format!("{what}: {}", error.message))
        }
        _ => {
            error.message = format!("{what}: {}", error.message);
            RegistryError::Http(error)
        }
    }
}

/// Explains a pull that Harbor refuses by the rules of the project (412).
pub(super) fn pulled(error: RegistryError) -> RegistryError {
    match &error {
        RegistryError::Http(refused) if is_against_rules(&error) => RegistryError::Unsuitable(format!(
            "Harbor's project does not let it be pulled: {}",
            refused.message
        )),
        _ => error,
    }
}

/// Whether Harbor refused a pull because the image is unsigned, unscanned or vulnerable.
pub(super) fn is_against_rules(error: &RegistryError) -> bool {
    matches!(error, RegistryError::Http(error) if error.kind == ErrorKind::Status(412))
}
