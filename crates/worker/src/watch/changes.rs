//! What changed between two looks at a repository.

use std::collections::{BTreeMap, HashMap, HashSet};

use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;
use forewarm_domain::hint::{A_DAY, Hint, Key, Notice};
use forewarm_registry::glance::Seen;
use forewarm_store::watches::{Known, Noted, Told};

/// The difference.
pub(super) struct Changes {
    /// To be remembered.
    pub changed: Vec<Noted>,
    /// Tags to be forgotten.
    pub gone: Vec<String>,
    /// What happened to artifacts, with the tags of each.
    happened: BTreeMap<(Digest, EventKind), Vec<String>>,
}

pub(super) fn between(known: &HashMap<String, Known>, seen: &[Seen]) -> Changes {
    let mut changes = Changes { changed: vec![], gone: vec![], happened: BTreeMap::new() };
    for now in seen {
        let before = known.get(&now.tag);
        for kind in kinds(before, now) {
            changes.happened.entry((now.digest.clone(), kind)).or_default().push(now.tag.clone());
        }
        let noted = noted(now);
        if !before.is_some_and(|before| is_same(before, &noted)) {
            changes.changed.push(noted);
        }
    }
    let there: HashSet<&String> = seen.iter().map(|now| &now.tag).collect();
    changes.gone = known.keys().filter(|tag| !there.contains(tag)).cloned().collect();
    changes
}

impl Changes {
    /// One for each artifact and kind of change. What the registry has told itself is not said again.
    pub fn notices(&self, repository: &str, told: &[Told], look: &str) -> Vec<Notice> {
        let mut notices = Vec::new();
        for ((digest, kind), tags) in &self.happened {
            let is_news = |tag: &&String| !is_told(told, digest, *kind, tag);
            let tags: Vec<String> = tags.iter().filter(is_news).cloned().collect();
            if tags.is_empty() {
                continue;
            }
            // No other look has this key: the change is noted together with it, and so is found once.
            let key = Key { text: format!("{look}:{repository}:{kind}:{digest}"), window: A_DAY };
            notices.push(Notice::Hint(Hint {
                kind: *kind,
                repository: repository.to_owned(),
                digest: Some(digest.clone()),
                tags,
                occurred_at: None,
                key,
            }));
        }
        notices
    }
}

/// What happened to a tag. A tag that is new, or names another artifact, comes with all labels and signatures of that.
fn kinds(before: Option<&Known>, now: &Seen) -> Vec<EventKind> {
    let mut kinds = Vec::new();
    if before.is_none_or(|before| before.digest != now.digest.as_str()) {
        kinds.push(EventKind::Push);
    }
    let nothing = Some(Vec::new());
    let labels = before.map_or(&nothing, |before| &before.labels);
    if is_more(labels.as_ref(), now.labels.as_ref()) {
        kinds.push(EventKind::LabelAdded);
    }
    let signatures = match before {
        Some(before) if before.digest == now.digest.as_str() => &before.signatures,
        Some(Known { signatures: None, .. }) => &None,
        _ => &nothing,
    };
    if is_more(signatures.as_ref(), now.signatures.as_ref()) {
        kinds.push(EventKind::Signed);
    }
    kinds
}

/// Whether there is one now that was not there before. What nobody knew before is not new.
fn is_more(before: Option<&Vec<String>>, now: Option<&Vec<String>>) -> bool {
    let (Some(before), Some(now)) = (before, now) else { return false };
    let count = |all: &[String], one: &String| all.iter().filter(|other| *other == one).count();
    now.iter().any(|one| count(now, one) > count(before, one))
}

/// What is not needed now is forgotten: once it is needed again, nobody knows what happened in between.
fn noted(now: &Seen) -> Noted {
    Noted {
        tag: now.tag.clone(),
        digest: now.digest.to_string(),
        labels: now.labels.clone(),
        signatures: now.signatures.clone(),
    }
}

fn is_same(before: &Known, now: &Noted) -> bool {
    before.digest == now.digest && before.labels == now.labels && before.signatures == now.signatures
}

fn is_told(told: &[Told], digest: &Digest, kind: EventKind, tag: &str) -> bool {
    told.iter().any(|told| {
        told.subject == digest.as_str()
            && told.kinds.contains(&kind)
            && (kind != EventKind::Push || told.tags.iter().any(|told| told == tag))
    })
}
