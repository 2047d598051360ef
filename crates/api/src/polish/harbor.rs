//! What is written into the facade's document by rule: Harbor's statuses, and the header that names a request.

use serde_json::{Map, Value, json};

/// Status, name in the components, description.
pub(super) const ERRORS: [(u16, &str, &str); 12] = [
    (400, "BadRequest", "Something in the request is wrong; each error names the field"),
    (401, "Unauthorized", "Nobody has introduced himself, or not well"),
    (403, "Forbidden", "This needs more rights, or there is no such project"),
    (404, "NotFound", "There is no such thing"),
    (409, "Conflict", "The name is taken"),
    (412, "PreconditionFailed", "It is in use, disabled, or not finished"),
    (408, "RequestTimeout", "The body did not arrive in time"),
    (413, "PayloadTooLarge", "The body is longer than 1 MiB"),
    (422, "UnprocessableEntity", "A parameter or the body cannot be read"),
    (429, "TooManyRequests", "There were too many requests; try again after Retry-After"),
    (500, "Internal", "Something went wrong inside; the message holds the request's id"),
    (503, "Unavailable", "The database is not reachable; try again after Retry-After"),
];

/// Anybody may ask these, and they need nothing that could fail.
pub(super) const PUBLIC: [&str; 3] = ["/api/v2.0/ping", "/api/v2.0/health", "/api/v2.0/systeminfo"];

pub(super) fn statuses(path: &str, method: &str, operation: &Value) -> Vec<u16> {
    let parameters = operation["parameters"].as_array().map(Vec::as_slice).unwrap_or_default();
    let id = operation["operationId"].as_str().unwrap_or_default();
    let has_body = operation.get("requestBody").is_some();
    let has_typed = parameters.iter().any(|parameter| parameter["schema"]["type"] != "string");
    let is_public = PUBLIC.contains(&path);
    let names = matches!(method, "post" | "put") && !path.ends_with("/ping") && id != "ManualPreheat";
    let mut statuses = vec![500];
    let mut when = |condition: bool, more: &[u16]| {
        if condition {
            statuses.extend(more);
        }
    };
    when(!is_public, &[401, 403, 429, 503]);
    when(has_body || !parameters.is_empty(), &[400]);
    when(has_body || has_typed, &[422]);
    when(has_body, &[408, 413]);
    when(path.contains('{'), &[404]);
    when(names, &[409]);
    when(matches!(id, "UpdateInstance" | "DeleteInstance" | "DeletePolicy" | "ManualPreheat"), &[412]);
    statuses
}

/// Each request can have an id, and each answer has it.
pub(super) fn add_request_id(operation: &mut Value) {
    let schema = json!({ "type": "string" });
    let description = "The id of the request; one is made where none is given.";
    let parameter = json!({
        "name": "X-Request-Id", "in": "header", "required": false, "description": description, "schema": schema,
    });
    match operation["parameters"].as_array_mut() {
        Some(parameters) => parameters.push(parameter),
        None => operation["parameters"] = json!([parameter]),
    }
    let none = &mut Map::new();
    for (_, response) in operation["responses"].as_object_mut().unwrap_or(none) {
        if response.get("$ref").is_none() {
            response["headers"]["X-Request-Id"] = json!({ "description": description, "schema": schema });
        }
    }
}
