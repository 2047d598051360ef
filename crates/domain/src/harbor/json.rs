//! JSON in a text field of Harbor's.

use serde_json::{Map, Value};

use crate::Invalid;

/// Reads a field that must hold JSON.
pub(super) fn read(field: &str, text: &str) -> Result<Value, Invalid> {
    if text.trim().is_empty() {
        return Err(Invalid::new(field, "is empty, and must hold JSON"));
    }
    serde_json::from_str(text).map_err(|error| Invalid::new(field, format!("is not JSON: {error}")))
}

/// Reads a field that must hold a JSON object; `null` is an empty one, as Go reads it.
pub(super) fn read_object(field: &str, text: &str) -> Result<Map<String, Value>, Invalid> {
    match read(field, text)? {
        Value::Object(object) => Ok(object),
        Value::Null => Ok(Map::new()),
        other => Err(Invalid::new(field, format!("must hold a JSON object, not {}", kind(&other)))),
    }
}

/// What a value is, in words for messages.
pub(super) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
