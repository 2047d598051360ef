//! Why the manager said no, in its own words, and whether asking again can help.

use serde_json::Value;

use crate::ProviderError;
use crate::engine::Answer;
use crate::text::Blotter;

/// Texts of the manager's 500 answers that no repetition mends: what it was given, or what the registry said to it.
const FINAL: [&str; 9] = [
    "invalid params",
    "parse access url failed",
    "failed to authenticate with registry",
    "failed to pull image manifest",
    "unauthorized",
    "manifest unknown",
    "denied",
    "no matching manifest",
    "invalid platform",
];
/// Troubles of the moment that hide inside such texts.
const PASSING: [&str; 7] = [
    "connection refused",
    "connection reset",
    "timeout",
    "timed out",
    "deadline exceeded",
    "unexpected eof",
    "http status: 5",
];
/// The registry lets the manager in again when its own limit permits.
const LIMITED: [&str; 2] = ["toomanyrequests", "http status: 429"];

/// Explains an answer that is no success. `creates` = it answered the request that makes a job, so that a broken
/// answer leaves open whether there is one now.
pub(super) fn explain(place: &str, answer: &Answer, creates: bool, blotter: &Blotter) -> ProviderError {
    if answer.is_redirect() {
        let target = blotter.clean(answer.location.as_deref().unwrap_or("?"));
        return stranger(place, &format!("it redirects to '{target}'"));
    }
    let words = words(answer, blotter);
    let status = answer.status;
    let message = format!("{place}: the manager answered {status}: {words}");
    match status {
        401 | 403 => ProviderError::permanent(format!(
            "{place}: the manager refuses the access token ({status}: {words})"
        )),
        200..300 | 404 if answer.is_html() => stranger(place, "it answers with an HTML page"),
        429 if creates => busy(message, answer),
        408 | 425 | 429 => transient(message, answer),
        500 if answer.json().is_some() => server_error(message, &words, answer),
        500.. if creates => ProviderError::Unknown { message },
        500.. => transient(message, answer),
        _ => ProviderError::permanent(message),
    }
}

/// The other side is something else.
pub(super) fn stranger(place: &str, what: &str) -> ProviderError {
    ProviderError::permanent(format!(
        "{place}: not a Dragonfly manager: {what}. Is the endpoint the manager's REST address (port 8080 by default)?"
    ))
}

fn server_error(message: String, words: &str, answer: &Answer) -> ProviderError {
    let lower = words.to_lowercase();
    let has = |texts: &[&str]| texts.iter().any(|text| lower.contains(text));
    // The manager dials only "global unicast" addresses, to keep its users out of its own host.
    if lower.contains(" is invalid") && lower.contains("ip ") {
        return ProviderError::permanent(format!(
            "{message} (the manager does not dial loopback or link-local addresses)"
        ));
    }
    if has(&LIMITED) {
        return busy(message, answer);
    }
    if has(&PASSING) || !has(&FINAL) {
        return transient(message, answer);
    }
    ProviderError::permanent(message)
}

fn transient(message: String, answer: &Answer) -> ProviderError {
    ProviderError::Transient { message, retry_after: answer.retry_after }
}

/// A limit was hit before anything was made.
fn busy(message: String, answer: &Answer) -> ProviderError {
    ProviderError::Busy { message, retry_after: answer.retry_after }
}

/// `message`, `errors` or `error` of a JSON body, else what there is.
fn words(answer: &Answer, blotter: &Blotter) -> String {
    let json = answer.json();
    let field = |name: &str| match json.as_ref().and_then(|json| json.get(name)) {
        Some(Value::String(text)) if !text.is_empty() => Some(text.clone()),
        Some(Value::Null | Value::String(_)) | None => None,
        Some(other) => Some(other.to_string()),
    };
    let words = field("message").or_else(|| field("errors")).or_else(|| field("error"));
    match words {
        Some(words) => blotter.clean(&words),
        None if answer.is_html() => "an HTML page, probably from a proxy in front of it".to_owned(),
        None if answer.body.is_empty() => "nothing".to_owned(),
        None => blotter.clean(&answer.text()),
    }
}
