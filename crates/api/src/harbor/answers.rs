//! What requests that list, make and change things are answered with.

use forewarm_store::outcome::{Deleted, Written};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON;

use super::errors;
use crate::error::ApiError;

/// One page.
#[derive(ApiResponse)]
pub enum Listed<T: ToJSON> {
    #[oai(status = 200)]
    Page(
        Json<Vec<T>>,
        /// How many there are in all.
        #[oai(header = "X-Total-Count")]
        i64,
        /// Addresses of the previous and the next page; absent without any.
        #[oai(header = "Link")]
        Option<String>,
    ),
}

/// Something that was made.
#[derive(ApiResponse)]
pub enum Made {
    /// It is made.
    #[oai(status = 201)]
    At(
        /// Its path.
        #[oai(header = "Location")]
        String,
    ),
}

/// Something that was changed, deleted or asked.
#[derive(ApiResponse)]
pub enum Done {
    /// It is done.
    #[oai(status = 200)]
    Empty,
}

/// Turns the store's answer to a create or update into Harbor's. `what` is `instance` or `policy`.
pub fn written<T>(outcome: Written<T>, what: &str, name: &str) -> Result<T, ApiError> {
    match outcome {
        Written::Done(value) => Ok(value),
        Written::NameTaken => Err(ApiError::conflict(format!("{what} {name} already exists"))),
        Written::Gone => Err(ApiError::conflict(format!(
            "{what} {name}: something that it names was deleted at the same time; look again"
        ))),
    }
}

/// Turns the store's answer to a delete into Harbor's.
pub fn deleted(outcome: Deleted, what: &str, name: &str) -> Result<Done, ApiError> {
    match outcome {
        Deleted::Done => Ok(Done::Empty),
        Deleted::Missing => Err(errors::not_found(format!("{what} {name}"))),
        Deleted::InUse(users) => {
            let subject = if what == "instance" { "Provider" } else { what };
            let users = users.join(", ");
            let message = format!("{subject} [{name}] cannot be deleted: it is in use by {users}");
            Err(errors::precondition(message))
        }
    }
}
