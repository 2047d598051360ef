//! Events of zot: CloudEvents in binary mode, with types like `zotregistry.image.updated` (zot 2.1, "events").
//!
//! The prefix of the types can be configured; with another one the sender names the format.

use forewarm_domain::event::EventKind;
use forewarm_domain::hint::Notice;

use super::claim::{Claim, ignored};
use super::cloudevents::{self, Envelope};
use super::distribution::word;
use super::document::{Document, text};
use super::{Format, Malformed};

pub(super) const FORMAT: Format = Format { id: "zot", name: "zot events", recognises, parse };

fn recognises(document: &Document<'_>) -> bool {
    cloudevents::kind_of(document).is_some_and(|kind| kind.starts_with("zotregistry."))
}

fn parse(document: &Document<'_>) -> Result<Vec<Notice>, Malformed> {
    Ok(cloudevents::envelopes(document)?.iter().flat_map(from_envelope).collect())
}

/// Reads one event. Its `reference` is a tag or a digest.
pub(super) fn from_envelope(envelope: &Envelope) -> Vec<Notice> {
    let data = &envelope.data;
    let repository = text(data, "/name").unwrap_or_default();
    if !envelope.kind.ends_with(".image.updated") {
        let reason = format!("the type '{}' is none that starts anything", word(&envelope.kind));
        return vec![ignored(repository, reason, envelope.key.clone())];
    }
    let claim = Claim {
        kind: EventKind::Push,
        repository: repository.to_owned(),
        digest: text(data, "/digest").map(str::to_owned),
        tags: text(data, "/reference").map(str::to_owned).into_iter().collect(),
        occurred_at: envelope.time,
        key: envelope.key.clone(),
    };
    claim.notices()
}
