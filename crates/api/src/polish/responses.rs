//! Writes down, by rule, the error answers that any operation can give.

use serde_json::{Map, Value, json};

use super::harbor;

/// Status, name in the components, description.
const ERRORS: [(u16, &str, &str); 12] = [
    (400, "BadRequest", "Something in the request is wrong; each error names the field"),
    (401, "Unauthorized", "Credentials are missing or not valid"),
    (403, "Forbidden", "It may be seen, but not done; the message names the role that it needs"),
    (404, "NotFound", "There is no such thing"),
    (408, "RequestTimeout", "The body did not arrive in time"),
    (409, "Conflict", "It is taken, in use, or not in a status in which this can be done"),
    (413, "PayloadTooLarge", "The body is longer than 1 MiB"),
    (415, "UnsupportedMediaType", "The body is not application/json"),
    (429, "TooManyRequests", "Too many requests, or too many wrong credentials; try again after Retry-After"),
    (500, "Internal", "Something went wrong inside; the message holds the request's id"),
    (502, "BadGateway", "The registry cannot be looked at; the message says why"),
    (503, "Unavailable", "The database is not reachable, or it took too long; try again after Retry-After"),
];

/// Which document it is, and so which errors its operations give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Statuses {
    Native,
    Harbor,
}

impl Statuses {
    fn errors(self) -> &'static [(u16, &'static str, &'static str)] {
        match self {
            Self::Native => &ERRORS,
            Self::Harbor => &harbor::ERRORS,
        }
    }

    fn of(self, path: &str, method: &str, operation: &Value) -> Vec<u16> {
        match self {
            Self::Native => statuses(path, method, operation),
            Self::Harbor => harbor::statuses(path, method, operation),
        }
    }
}

/// Takes what senders of events send, and wants a secret of theirs.
const RECEIVER: &str = "/api/v1/events/{registry}";

/// Where a project is named outside of the path; one that the caller may not see does not exist.
const NAME_A_PROJECT: [(&str, &str); 3] =
    [("get", "/api/v1/warm"), ("post", "/api/v1/preheats"), ("post", "/api/v1/tokens")];

pub fn complete(document: &mut Value, which: Statuses) {
    add_components(document, which.errors());
    let Some(paths) = document["paths"].as_object_mut() else {
        return;
    };
    for (path, methods) in paths {
        for (method, operation) in methods.as_object_mut().into_iter().flatten() {
            let statuses = which.of(path, method, operation);
            if let Some(responses) = operation["responses"].as_object_mut() {
                describe(responses);
                add(responses, which.errors(), &statuses);
            }
            if which == Statuses::Harbor {
                harbor::add_request_id(operation);
            }
            operation["security"] = security(path);
        }
    }
}

/// What needs no credentials of ours: probes, and senders of events, who have a secret of their own.
fn is_public(path: &str) -> bool {
    path == RECEIVER || matches!(path, "/livez" | "/readyz" | "/healthz") || harbor::PUBLIC.contains(&path)
}

fn security(path: &str) -> Value {
    match is_public(path) {
        true => json!([]),
        false => json!([{ "basic": [] }, { "bearer": [] }]),
    }
}

fn statuses(path: &str, method: &str, operation: &Value) -> Vec<u16> {
    let has_body = operation.get("requestBody").is_some();
    let has_parameters = operation["parameters"].as_array().is_some_and(|parameters| !parameters.is_empty());
    let previews = path.ends_with("/preview");
    let is_receiver = path == RECEIVER;
    let is_question = previews || is_receiver || path.ends_with("/ping");
    let changes = matches!(method, "post" | "put" | "delete") && !is_question;
    let mut statuses = vec![500];
    let mut when = |condition: bool, more: &[u16]| {
        if condition {
            statuses.extend(more);
        }
    };
    when(has_body || has_parameters, &[400]);
    when(is_receiver, &[401, 429]);
    when(!is_public(path), &[401, 403, 429]);
    when(path.contains('{') || NAME_A_PROJECT.contains(&(method, path)), &[404]);
    when(changes, &[409]);
    when(previews, &[502]);
    when(has_body, &[408, 413]);
    // Senders of events write what they like there.
    when(has_body && !is_receiver, &[415]);
    when(path != "/livez", &[503]);
    statuses
}

/// A response must have a description, and an empty one tells nothing.
fn describe(responses: &mut Map<String, Value>) {
    for (status, response) in responses {
        if response["description"] == "" {
            response["description"] = if status == "201" { "It is made" } else { "It is done" }.into();
        }
    }
}

fn add(responses: &mut Map<String, Value>, errors: &[(u16, &str, &str)], statuses: &[u16]) {
    for (status, name, _) in errors {
        if statuses.contains(status) {
            responses
                .entry(status.to_string())
                .or_insert_with(|| json!({ "$ref": format!("#/components/responses/{name}") }));
        }
    }
    let mut sorted: Vec<(String, Value)> = std::mem::take(responses).into_iter().collect();
    sorted.sort_by(|(one, _), (other, _)| one.cmp(other));
    responses.extend(sorted);
}

fn add_components(document: &mut Value, errors: &[(u16, &str, &str)]) {
    document["components"]["securitySchemes"] = json!({
        "basic": {
            "type": "http", "scheme": "basic",
            "description": "Name and password of a user; an API token does as the password.",
        },
        "bearer": {
            "type": "http", "scheme": "bearer",
            "description": "An API token, or a token of the configured issuer (OpenID Connect).",
        },
    });
    let responses: Map<String, Value> = errors
        .iter()
        .map(|(_, name, description)| ((*name).to_owned(), response(name, description)))
        .collect();
    document["components"]["responses"] = responses.into();
    document["components"]["schemas"]["Errors"] = json!({
        "type": "object",
        "title": "Errors",
        "description": "Why a request was not done: one entry for each complaint.",
        "required": ["errors"],
        "properties": { "errors": { "type": "array", "items": { "$ref": "#/components/schemas/ErrorEntry" } } },
    });
    document["components"]["schemas"]["ErrorEntry"] = json!({
        "type": "object",
        "title": "ErrorEntry",
        "required": ["code", "message"],
        "properties": {
            "code": { "type": "string", "description": "A word for programs, like NOT_FOUND." },
            "message": { "type": "string", "description": "A sentence for people; it begins with the field." },
        },
    });
}

fn response(name: &str, description: &str) -> Value {
    let mut response = json!({ "description": description });
    if name == "Unauthorized" {
        response["headers"] = json!({
            "WWW-Authenticate": { "description": "How to come with credentials.", "schema": { "type": "string" } }
        });
    }
    if matches!(name, "Unavailable" | "TooManyRequests") {
        response["headers"] = json!({
            "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "format": "int32" } }
        });
    }
    response["content"] =
        json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Errors" } } });
    response
}
