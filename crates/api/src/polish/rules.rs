//! Rules that every operation keeps; breaking one fails at the first look at the document, and in the tests.

use std::collections::HashSet;

use serde_json::Value;

use super::operations;

/// Endings that generators of clients use themselves.
const RESERVED: [&str; 4] = ["Raw", "WithHttpInfo", "Execute", "WithResponse"];

/// Two impls that serve one path make a duplicate key, of which every parser keeps one.
pub fn no_duplicate_paths(raw: &str) -> Result<(), String> {
    let parsed: Value = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    let in_text = raw.matches("\"operationId\"").count();
    let kept = operations(&parsed).filter(|(_, _, operation)| operation["operationId"].is_string()).count();
    if in_text == kept {
        return Ok(());
    }
    Err(format!("{in_text} operations are written, but {kept} are kept: a path is served by two impls"))
}

pub fn check(document: &Value) -> Result<(), String> {
    let mut seen = HashSet::new();
    for (path, method, operation) in operations(document) {
        let place = format!("{} {path}", method.to_uppercase());
        let id = operation["operationId"].as_str().ok_or(format!("{place} has no operationId"))?;
        if !id.starts_with(|c: char| c.is_ascii_uppercase()) || !id.chars().all(|c| c.is_ascii_alphanumeric())
        {
            return Err(format!("{place}: operationId {id} is not PascalCase"));
        }
        if RESERVED.iter().any(|ending| id.ends_with(ending)) {
            return Err(format!("{place}: operationId {id} ends in a word that clients reserve"));
        }
        if !seen.insert(id) {
            return Err(format!("{place}: operationId {id} is used twice"));
        }
        check_path_parameters(&place, path, operation)?;
    }
    Ok(())
}

/// poem-openapi binds path arguments by position, so a wrong order would swap their values in silence.
fn check_path_parameters(place: &str, path: &str, operation: &Value) -> Result<(), String> {
    let in_path: Vec<&str> =
        path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).collect();
    let declared: Vec<&str> = operation["parameters"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|parameter| parameter["in"] == "path")
        .filter_map(|parameter| parameter["name"].as_str())
        .collect();
    if in_path == declared {
        return Ok(());
    }
    Err(format!("{place}: its arguments {declared:?} are not in the order of the path"))
}
