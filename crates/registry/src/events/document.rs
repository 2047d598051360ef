//! A delivery's body as JSON, and how its fields are read: what is missing, null or of another type is not there.

use std::collections::BTreeMap;

use chrono::{DateTime, Datelike, Utc};
use serde_json::Value;

use super::{Incoming, Malformed};

/// A delivery whose body has been read.
#[derive(Debug)]
pub(super) struct Document<'a> {
    /// Type and subtype in lower case, without parameters.
    pub media_type: String,
    pub attributes: &'a BTreeMap<String, String>,
    pub json: Value,
}

impl<'a> Document<'a> {
    pub fn read(incoming: &Incoming<'a>) -> Result<Self, Malformed> {
        let json = serde_json::from_slice(incoming.body)
            .map_err(|error| Malformed::new(format!("the body is not JSON: {error}")))?;
        let media_type = incoming.content_type.split(';').next().unwrap_or_default();
        Ok(Self { media_type: media_type.trim().to_ascii_lowercase(), attributes: incoming.attributes, json })
    }
}

/// A text that is not empty, by JSON pointer (RFC 6901).
pub(super) fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
}

/// The texts of a list; empty if there is none.
pub(super) fn texts(value: &Value, pointer: &str) -> Vec<String> {
    list(value, pointer).iter().filter_map(Value::as_str).map(str::to_owned).collect()
}

/// The entries of a list; empty if there is none.
pub(super) fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A time as RFC 3339 writes it.
pub(super) fn time(text: Option<&str>) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text?).ok().map(|time| time.to_utc())
}

/// A time in seconds since 1970.
pub(super) fn unix_time(value: &Value, pointer: &str) -> Option<DateTime<Utc>> {
    let time = DateTime::from_timestamp(value.pointer(pointer)?.as_i64()?, 0)?;
    (1970..=9999).contains(&time.year()).then_some(time)
}
