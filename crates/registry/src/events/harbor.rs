//! Webhooks of Harbor: the default form, and its CloudEvents form, whose `data` is the same (Harbor 2.16).
//!
//! The default form has no id; its events are told apart by type, digest, tag and time. Harbor names only one of an
//! artifact's tags, and where there is none the digest in its place. A scan is about the artifact with all its tags,
//! so the one tag is not taken: who evaluates the hint asks Harbor for all of them.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use forewarm_domain::event::EventKind;
use forewarm_domain::hint::{Key, Notice};
use serde_json::Value;

use super::claim::{Claim, ignored};
use super::cloudevents::{self, Envelope};
use super::distribution::word;
use super::document::{Document, list, text, unix_time};
use super::key::{key, part_of};
use super::{Format, Malformed};

pub(super) const FORMAT: Format = Format { id: "harbor", name: "Harbor webhook", recognises, parse };

fn recognises(document: &Document<'_>) -> bool {
    let json = &document.json;
    json["type"].is_string() && json["event_data"].is_object()
        || cloudevents::kind_of(document).is_some_and(|kind| kind.starts_with("harbor."))
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    if cloudevents::recognises(document) {
        return Ok(cloudevents::envelopes(document)?.iter().flat_map(from_envelope).collect());
    }
    let json = &document.json;
    let (Some(kind), Some(data)) = (text(json, "/type"), json.get("event_data")) else {
        return Err(Malformed::new("harbor: the body must have 'type' and 'event_data'"));
    };
    let occurred_at = unix_time(json, "/occur_at");
    Ok(notices(kind, data, occurred_at, &default_key(kind, json)))
}

/// Reads an event of the CloudEvents form.
pub(super) fn from_envelope(envelope: &Envelope) -> Vec<Notice> {
    notices(&envelope.kind, &envelope.data, envelope.time, &envelope.key)
}

fn notices(kind: &str, data: &Value, occurred_at: Option<DateTime<Utc>>, key: &Key) -> Vec<Notice> {
    let repository = text(data, "/repository/repo_full_name").unwrap_or_default();
    let kind = match known(kind, data) {
        Ok(kind) => kind,
        Err(reason) => return vec![ignored(&about(repository, data), reason, key.clone())],
    };
    let artifacts = artifacts(data, kind);
    if artifacts.is_empty() {
        return vec![ignored(repository, "names no artifact", key.clone())];
    }
    let one = artifacts.len() == 1;
    let claim = |(digest, tags): (Option<String>, Vec<String>)| Claim {
        kind,
        repository: repository.to_owned(),
        occurred_at,
        key: if one { key.clone() } else { part_of(key, digest.as_deref().unwrap_or_default()) },
        digest,
        tags,
    };
    artifacts.into_iter().map(claim).flat_map(Claim::notices).collect()
}

fn known(kind: &str, data: &Value) -> Result<EventKind, String> {
    match kind {
        "PUSH_ARTIFACT" | "harbor.artifact.pushed" => Ok(EventKind::Push),
        "SCANNING_COMPLETED" | "harbor.scan.completed" => match text(data, "/scan/scan_type") {
            Some("sbom") => {
                Err("the scan made a bill of materials, not a report of vulnerabilities".to_owned())
            }
            _ => Ok(EventKind::ScanCompleted),
        },
        other => Err(format!("the type '{}' is none that starts anything", word(other))),
    }
}

/// The artifacts of an event with their tags. Resources that share a digest are one artifact.
fn artifacts(data: &Value, kind: EventKind) -> BTreeMap<Option<String>, Vec<String>> {
    let mut artifacts: BTreeMap<Option<String>, Vec<String>> = BTreeMap::new();
    for resource in list(data, "/resources") {
        let digest = text(resource, "/digest").map(str::to_owned);
        let has_digest = digest.is_some();
        let tags = artifacts.entry(digest).or_default();
        if kind == EventKind::Push || !has_digest {
            tags.extend(text(resource, "/tag").map(str::to_owned));
        }
    }
    artifacts
}

fn default_key(kind: &str, json: &Value) -> Key {
    let occurred_at = json["occur_at"].to_string();
    let mut parts =
        vec![kind, &occurred_at, text(json, "/event_data/repository/repo_full_name").unwrap_or("")];
    for resource in list(json, "/event_data/resources") {
        parts.extend([text(resource, "/digest").unwrap_or(""), text(resource, "/tag").unwrap_or("")]);
    }
    key(&parts)
}

fn about(repository: &str, data: &Value) -> String {
    match text(data, "/resources/0/tag").or_else(|| text(data, "/resources/0/digest")) {
        Some(reference) if reference.contains(':') => format!("{repository}@{reference}"),
        Some(reference) => format!("{repository}:{reference}"),
        None => repository.to_owned(),
    }
}
