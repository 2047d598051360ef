//! What requests that list, make and delete things are answered with.

use forewarm_store::outcome::{Deleted, Written};
use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use poem_openapi::ApiResponse;
use poem_openapi::payload::Json;
use poem_openapi::types::ToJSON;

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
        /// Addresses of the first, previous, next and last page (RFC 8288).
        #[oai(header = "Link")]
        String,
    ),
}

/// Something that was made.
#[derive(ApiResponse)]
pub enum Created<T: ToJSON> {
    #[oai(status = 201)]
    At(
        Json<T>,
        /// Its address.
        #[oai(header = "Location")]
        String,
    ),
}

/// Something that is no more.
#[derive(ApiResponse)]
pub enum Gone {
    /// It is deleted.
    #[oai(status = 204)]
    Deleted,
}

/// Turns the store's answer to a delete into ours.
pub fn deleted(outcome: Deleted, what: &str, name: &str) -> Result<Gone, ApiError> {
    match outcome {
        Deleted::Done => Ok(Gone::Deleted),
        Deleted::Missing => Err(ApiError::not_found(format!("{what} '{name}'"))),
        Deleted::InUse(users) => {
            Err(ApiError::conflict(format!("{what} '{name}' is in use by {}", users.join(", "))))
        }
    }
}

/// Turns the store's answer to a create or update into ours.
pub fn written<T>(outcome: Written<T>, name: &str) -> Result<T, ApiError> {
    match outcome {
        Written::Done(value) => Ok(value),
        Written::NameTaken => Err(ApiError::conflict(format!("name: '{name}' is taken"))),
        Written::Gone => {
            Err(ApiError::conflict("something that this names was deleted at the same time; look again"))
        }
    }
}

const NOT_IN_A_SEGMENT: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'/')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}');

/// An address made of segments, each percent-encoded: a header with anything else would be dropped in silence.
pub fn location(segments: &[&str]) -> String {
    let encoded =
        segments.iter().map(|segment| format!("/{}", utf8_percent_encode(segment, NOT_IN_A_SEGMENT)));
    encoded.collect()
}
