//! Makes a good OpenAPI document of the valid one that poem-openapi 5.1 emits, so that client generators understand all
//! of it, and refuses what would break them.

mod harbor;
mod responses;
mod rules;
mod tidy;

use serde_json::Value;

pub use responses::Statuses;

/// The document to publish, or the rule that the API breaks.
pub fn polish(raw: &str, statuses: Statuses) -> Result<Value, String> {
    rules::no_duplicate_paths(raw)?;
    let mut document: Value = serde_json::from_str(raw).map_err(|error| error.to_string())?;
    document["openapi"] = "3.0.3".into();
    tidy::tidy(&mut document);
    responses::complete(&mut document, statuses);
    if statuses == Statuses::Native {
        strict_options(&mut document);
    }
    name_patterns(&mut document, statuses);
    rules::check(&document)?;
    Ok(document)
}

/// Every operation with its path and method.
fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().into_iter().flatten();
    paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().into_iter().flatten();
        methods.map(move |(method, operation)| (path.as_str(), method.as_str(), operation))
    })
}

/// A misspelt option would silently change what is done, so unknown ones are refused (`shape.rs`), and the document
/// says so.
fn strict_options(document: &mut Value) {
    document["components"]["schemas"]["PreheatOptions"]["additionalProperties"] = false.into();
}

/// What `forewarm_domain::name` checks, for programs that make requests from the document.
fn name_patterns(document: &mut Value, statuses: Statuses) {
    let schemas = document["components"]["schemas"].as_object_mut().into_iter().flatten();
    let written = schemas.filter(|(title, _)| match statuses {
        Statuses::Native => title.ends_with("Write"),
        Statuses::Harbor => matches!(title.as_str(), "Instance" | "PreheatPolicy"),
    });
    for name in written.filter_map(|(_, schema)| schema["properties"].get_mut("name")) {
        name["pattern"] = "^[A-Za-z0-9]+([._-][A-Za-z0-9]+)*$".into();
    }
}
