//! Notifications of Quay's event "push to repository" ("Repository notifications" in Red Hat Quay's documentation).
//!
//! They have neither id nor time nor digest: the next push of a tag looks exactly like the last one.

use std::time::Duration;

use forewarm_domain::event::EventKind;
use forewarm_domain::hint::Notice;
use serde_json::Value;

use super::claim::{Claim, ignored};
use super::document::{Document, text, texts};
use super::key::passing_key;
use super::{Format, Malformed};

pub(super) const FORMAT: Format = Format { id: "quay", name: "Quay notification", recognises, parse };

/// Short, so that no push is lost; what comes twice later finds its images warm.
const SAME: Duration = Duration::from_secs(10);

fn recognises(document: &Document<'_>) -> bool {
    let json = &document.json;
    json["repository"].is_string() && (json["docker_url"].is_string() || json.get("updated_tags").is_some())
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    let json = &document.json;
    let Some(repository) = text(json, "/repository") else {
        return Err(Malformed::new("quay: the body has no text 'repository'"));
    };
    let key = passing_key(&["quay", &json.to_string()], SAME);
    let Some(updated) = json.get("updated_tags") else {
        let reason = "no 'updated_tags': this is not Quay's event 'push to repository'";
        return Ok(vec![ignored(repository, reason, key)]);
    };
    let claim = Claim {
        kind: EventKind::Push,
        repository: repository.to_owned(),
        digest: None,
        tags: tags(updated),
        occurred_at: None,
        key,
    };
    Ok(claim.notices())
}

/// A list of tags; once it was a map from tag to image.
fn tags(updated: &Value) -> Vec<String> {
    match updated {
        Value::Object(map) => map.keys().cloned().collect(),
        _ => texts(updated, ""),
    }
}
