//! The filters of a policy, as Harbor writes them: a JSON list in a text.

use serde_json::{Value, json};

use super::json;
use crate::Invalid;
use crate::filter::{Filter, split_labels, unwrapped};
use crate::severity::Severity;

const FIELD: &str = "filters";

/// Reads `[{"type":"…","value":…}]` with the types repository, tag, label, signature and vulnerability (Harbor 2.16,
/// `pkg/p2p/preheat/models/policy`).
///
/// Labels are trimmed, and the braces that Harbor's console puts around several are taken off; a label filter with an
/// empty text demands nothing and is left out. Harbor stores an empty list, an unknown type or a wrong value, and fails
/// when the policy runs; here they are refused. Patterns are not compiled: [`crate::filter::Selector::compile`] does.
///
/// # Errors
/// One complaint about `filters`, which names the first wrong entry, counted from 1.
pub fn decode(text: &str) -> Result<Vec<Filter>, Invalid> {
    let entries = match json::read(FIELD, text)? {
        Value::Array(entries) if !entries.is_empty() => entries,
        Value::Array(_) | Value::Null => {
            let advice = r#"must hold at least one filter, like [{"type":"repository","value":"**"}]"#;
            return Err(Invalid::new(FIELD, advice));
        }
        other => {
            let reason = format!("must hold a JSON list of filters, not {}", json::kind(&other));
            return Err(Invalid::new(FIELD, reason));
        }
    };
    let mut filters = Vec::with_capacity(entries.len());
    for (i, entry) in entries.iter().enumerate() {
        let filter =
            read_entry(entry).map_err(|reason| Invalid::new(FIELD, format!("entry {} {reason}", i + 1)))?;
        filters.extend(filter);
    }
    Ok(filters)
}

/// Writes filters as Harbor does. A policy without filters takes everything, which Harbor's clients say with `**`; its
/// empty list would be refused when they send it back.
///
/// Harbor's form has no way to tell a label that holds a comma from two labels.
pub fn encode(filters: &[Filter]) -> String {
    if filters.is_empty() {
        let everything = json!([{ "type": "repository", "value": "**" }, { "type": "tag", "value": "**" }]);
        return everything.to_string();
    }
    filters.iter().map(write_entry).collect::<Value>().to_string()
}

fn write_entry(filter: &Filter) -> Value {
    match filter {
        Filter::Repository { pattern } => json!({ "type": "repository", "value": pattern }),
        Filter::Tag { pattern } => json!({ "type": "tag", "value": pattern }),
        Filter::Label { labels } => {
            let labels: Vec<String> = labels.iter().flat_map(|label| unwrapped(label)).collect();
            json!({ "type": "label", "value": labels.join(",") })
        }
        Filter::Signature { signed } => json!({ "type": "signature", "value": signed }),
        Filter::Vulnerability { max_severity } => {
            json!({ "type": "vulnerability", "value": max_severity.code() })
        }
    }
}

/// None for a filter that demands nothing.
fn read_entry(entry: &Value) -> Result<Option<Filter>, String> {
    let Value::Object(entry) = entry else {
        return Err(format!("must be an object with type and value, not {}", json::kind(entry)));
    };
    let value = entry.get("value").unwrap_or(&Value::Null);
    let filter = match entry.get("type").and_then(Value::as_str) {
        Some("repository") => Filter::Repository { pattern: text("repository", value)?.to_owned() },
        Some("tag") => Filter::Tag { pattern: text("tag", value)?.to_owned() },
        Some("label") => return labels(text("label", value)?),
        Some("signature") => Filter::Signature { signed: signed(value)? },
        Some("vulnerability") => Filter::Vulnerability { max_severity: bar(value)? },
        _ => return Err(unknown(entry.get("type"))),
    };
    Ok(Some(filter))
}

fn unknown(kind: Option<&Value>) -> String {
    let given = kind.map_or_else(|| "no type".to_owned(), |kind| format!("the unknown type {kind}"));
    format!("has {given}; it must be one of repository, tag, label, signature, vulnerability")
}

fn text<'a>(kind: &str, value: &'a Value) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("({kind}) must have a text as its value, not {}", json::kind(value)))
}

/// An empty text demands nothing; one of commas alone is a slip, and must not become a policy that takes everything.
fn labels(text: &str) -> Result<Option<Filter>, String> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let labels = split_labels(text);
    if labels.is_empty() {
        return Err("(label) names no label; write them like 'a,b'".to_owned());
    }
    Ok(Some(Filter::Label { labels }))
}

fn signed(value: &Value) -> Result<bool, String> {
    let wrong = || format!("(signature) must have true or false as its value, not {}", json::kind(value));
    value.as_bool().ok_or_else(wrong)
}

/// Out are this severity and all above it: Harbor compares strictly (`severity < value`), as Forewarm does.
fn bar(value: &Value) -> Result<Severity, String> {
    let code = value.as_f64();
    let known = Severity::ALL.into_iter().find(|severity| Some(f64::from(severity.code())) == code);
    known.ok_or_else(|| {
        format!("(vulnerability) must have a number from 0 (none) to 5 (critical) as its value, not {value}")
    })
}
