//! Notifications of Docker's registry, distribution/distribution: an envelope of events
//! (`application/vnd.docker.distribution.events.v1+json`, "Notifications" in its documentation).

use forewarm_domain::artifact::{IMAGE_MANIFESTS, INDEXES};
use forewarm_domain::event::EventKind;
use forewarm_domain::hint::{Key, Notice};
use serde_json::Value;

use super::claim::{Claim, ignored};
use super::document::{Document, list, text, time};
use super::key::key;
use super::{Format, Malformed};

pub(super) const FORMAT: Format =
    Format { id: "distribution", name: "Docker distribution notifications", recognises, parse };

fn recognises(document: &Document<'_>) -> bool {
    document.media_type.starts_with("application/vnd.docker.distribution.events")
        || document.json["events"].is_array()
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    if !document.json["events"].is_array() {
        return Err(Malformed::new("distribution: the body has no list 'events'"));
    }
    let events = list(&document.json, "/events");
    if let Some(at) = events.iter().position(|event| !event.is_object()) {
        return Err(Malformed::new(format!("distribution: events[{at}] is not an object")));
    }
    Ok(events.iter().flat_map(|event| notices(event, text(event, "/action").unwrap_or_default())).collect())
}

/// Reads one event; Azure's registry sends it without an envelope.
pub(super) fn notices(event: &Value, action: &str) -> Vec<Notice> {
    let about = about(event);
    if action != "push" {
        return vec![ignored(&about, format!("the action '{}' is no push", word(action)), key_of(event))];
    }
    if let Some(reason) = not_a_manifest(event) {
        return vec![ignored(&about, reason, key_of(event))];
    }
    let claim = Claim {
        kind: EventKind::Push,
        repository: text(event, "/target/repository").unwrap_or_default().to_owned(),
        digest: text(event, "/target/digest").map(str::to_owned),
        tags: text(event, "/target/tag").map(str::to_owned).into_iter().collect(),
        occurred_at: time(text(event, "/timestamp")),
        key: key_of(event),
    };
    claim.notices()
}

/// A push tells of every layer, too. Some senders leave the media type out; then the address tells.
fn not_a_manifest(event: &Value) -> Option<String> {
    match text(event, "/target/mediaType") {
        Some(found) if IMAGE_MANIFESTS.contains(&found) || INDEXES.contains(&found) => None,
        Some(found) => Some(format!("a push of {}, which is no manifest of an image", word(found))),
        None if text(event, "/target/tag").is_some() => None,
        None if text(event, "/target/url").is_some_and(|url| url.contains("/manifests/")) => None,
        None => Some("neither its media type nor a tag shows that a manifest was pushed".to_owned()),
    }
}

fn key_of(event: &Value) -> Key {
    match text(event, "/id") {
        Some(id) => key(&["id", id]),
        None => key(&["event", &event.to_string()]),
    }
}

fn about(event: &Value) -> String {
    let repository = text(event, "/target/repository").unwrap_or("no repository");
    match (text(event, "/target/tag"), text(event, "/target/digest")) {
        (Some(tag), _) => format!("{repository}:{tag}"),
        (None, Some(digest)) => format!("{repository}@{digest}"),
        (None, None) => repository.to_owned(),
    }
}

/// A sender's word, short enough for a sentence.
pub(super) fn word(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(100).collect()
}
