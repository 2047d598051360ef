//! Webhooks of Azure Container Registry: one event of Docker's form without an envelope ("Azure Container Registry
//! webhook reference"), and the same as `data` of a CloudEvent of Event Grid (`Microsoft.ContainerRegistry.…`).

use forewarm_domain::hint::Notice;
use serde_json::Value;

use super::claim::ignored;
use super::distribution;
use super::document::{Document, text};
use super::key::key;
use super::{Format, Malformed};

pub(super) const FORMAT: Format =
    Format { id: "acr", name: "Azure Container Registry webhook", recognises, parse };

fn recognises(document: &Document<'_>) -> bool {
    let json = &document.json;
    json["action"].is_string() && (json["target"].is_object() || is_ping(json))
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    if !document.json["action"].is_string() {
        return Err(Malformed::new("acr: the body has no text 'action'"));
    }
    Ok(notices(&document.json))
}

/// Reads one event.
pub(super) fn notices(event: &Value) -> Vec<Notice> {
    if is_ping(event) {
        let key = key(&["acr ping", text(event, "/id").unwrap_or_default()]);
        return vec![ignored("ping", "a test of the connection", key)];
    }
    distribution::notices(event, text(event, "/action").unwrap_or_default())
}

fn is_ping(event: &Value) -> bool {
    event["action"] == "ping"
}
