//! CloudEvents 1.0 from any producer: structured, batch and binary mode. The type says what the data looks like.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chrono::{DateTime, Utc};
use forewarm_domain::hint::{Key, Notice};
use serde_json::Value;

use super::document::{Document, text, time};
use super::key::key;
use super::{Format, Malformed, acr, generic, harbor, zot};

pub(super) const FORMAT: Format = Format { id: "cloudevents", name: "CloudEvents 1.0", recognises, parse };

/// One event, whichever way it was wrapped.
#[derive(Debug)]
pub(super) struct Envelope {
    /// Its attribute `type`.
    pub kind: String,
    pub time: Option<DateTime<Utc>>,
    /// Over source and id, which together name an event (CloudEvents 1.0, section "Required Attributes").
    pub key: Key,
    pub data: Value,
}

pub(super) fn recognises(document: &Document<'_>) -> bool {
    is_binary(document)
        || document.media_type.starts_with("application/cloudevents")
        || document.json["specversion"].is_string()
        || document.json[0]["specversion"].is_string()
}

/// The type of the event, or of the first of a batch.
pub(super) fn kind_of<'a>(document: &'a Document<'_>) -> Option<&'a str> {
    if is_binary(document) {
        return document.attributes.get("ce-type").map(String::as_str);
    }
    let of_first = || text(&document.json, "/0/type").filter(|_| document.json[0]["specversion"].is_string());
    let of_one = text(&document.json, "/type").filter(|_| document.json["specversion"].is_string());
    of_one.or_else(of_first)
}

/// All events of a delivery, unwrapped.
pub(super) fn envelopes(document: &Document<'_>) -> Result<Vec<Envelope>, Malformed> {
    if is_binary(document) {
        return Ok(vec![binary(document)?]);
    }
    match &document.json {
        Value::Array(events) => {
            let named = |(at, event)| structured(event, &format!("event {at} of the batch"));
            events.iter().enumerate().map(named).collect()
        }
        event => Ok(vec![structured(event, "the event")?]),
    }
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    Ok(envelopes(document)?.iter().flat_map(notices).collect())
}

fn notices(envelope: &Envelope) -> Vec<Notice> {
    let kind = &envelope.kind;
    if kind.starts_with("harbor.") {
        harbor::from_envelope(envelope)
    } else if kind.starts_with("zotregistry.") {
        zot::from_envelope(envelope)
    } else if kind.starts_with("Microsoft.ContainerRegistry.") {
        acr::notices(&envelope.data)
    } else {
        generic::notices(envelope)
    }
}

fn is_binary(document: &Document<'_>) -> bool {
    document.attributes.contains_key("ce-specversion") || document.attributes.contains_key("ce-type")
}

fn structured(event: &Value, name: &str) -> Result<Envelope, Malformed> {
    let read = |attribute: &str| text(event, &format!("/{attribute}")).map(str::to_owned);
    envelope(read, data_of(event, name)?, name)
}

fn binary(document: &Document<'_>) -> Result<Envelope, Malformed> {
    let read = |attribute: &str| document.attributes.get(&format!("ce-{attribute}")).cloned();
    envelope(read, document.json.clone(), "the event in the headers 'ce-…'")
}

fn envelope(read: impl Fn(&str) -> Option<String>, data: Value, name: &str) -> Result<Envelope, Malformed> {
    let required = |attribute: &str| {
        let value = read(attribute).filter(|value| !value.is_empty());
        value.ok_or_else(|| Malformed::new(format!("cloudevents: {name} has no attribute '{attribute}'")))
    };
    if !required("specversion")?.starts_with("1.") {
        return Err(Malformed::new(format!("cloudevents: {name} has another 'specversion' than 1.0")));
    }
    Ok(Envelope {
        key: key(&["cloudevents", &required("source")?, &required("id")?]),
        kind: required("type")?,
        time: time(read("time").as_deref()),
        data,
    })
}

fn data_of(event: &Value, name: &str) -> Result<Value, Malformed> {
    let Some(encoded) = text(event, "/data_base64") else {
        return Ok(event.get("data").cloned().unwrap_or(Value::Null));
    };
    let decoded = BASE64_STANDARD.decode(encoded).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok());
    decoded
        .ok_or_else(|| Malformed::new(format!("cloudevents: 'data_base64' of {name} is not JSON in base64")))
}
