//! Harbor's words for what went wrong.

use std::fmt;

use forewarm_domain::Invalid;
use poem::http::StatusCode;

use crate::error::ApiError;

/// The word for a status that programs look at (Harbor 2.16, `lib/errors/const.go`).
pub fn code(status: StatusCode) -> &'static str {
    match status.as_u16() {
        400 => "BAD_REQUEST",
        401 => "UNAUTHORIZED",
        403 => "FORBIDDEN",
        404 => "NOT_FOUND",
        405 => "METHOD_NOT_ALLOWED",
        409 => "CONFLICT",
        412 => "PRECONDITION",
        413 => "REQUEST_ENTITY_TOO_LARGE",
        422 => "UNPROCESSABLE_ENTITY",
        429 => "TOO_MANY_REQUEST",
        _ => "UNKNOWN",
    }
}

/// What cannot be read as the parameters and the body of the operation (Harbor 2.16: go-openapi's validation).
pub fn unreadable(found: &[Invalid]) -> ApiError {
    let details: Vec<String> = found.iter().map(ToString::to_string).collect();
    let message = format!("validation failure list:\n{}", details.join("\n"));
    ApiError::new(StatusCode::UNPROCESSABLE_ENTITY, message)
}

/// There is none; `what` is for example `policy nightly`.
pub fn not_found(what: impl fmt::Display) -> ApiError {
    ApiError::new(StatusCode::NOT_FOUND, format!("{what} not found"))
}

/// Something is not in a state in which this can be done.
pub fn precondition(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::PRECONDITION_FAILED, message)
}
