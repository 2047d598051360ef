//! CloudEvents of a producer of one's own. The words at the end of the type say what happened:
//!
//! | type ends in | event |
//! |---|---|
//! | `push`, `pushed`, `updated` | push |
//! | `scan_completed`, `scan.completed` | scan_completed |
//! | `label_added`, `label.added` | label_added |
//! | `signed` | signed |
//!
//! Words are separated by anything but letters and digits, or by a capital; a version at the end (`.v1`) is left out.
//! The data names the artifact: `repository`, `digest`, and `tag`, `tags` or `reference`.

use forewarm_domain::event::EventKind;
use forewarm_domain::hint::Notice;
use serde_json::Value;

use super::claim::{Claim, ignored};
use super::cloudevents::Envelope;
use super::distribution::word;
use super::document::{text, texts};

const ENDINGS: [(&[&str], EventKind); 6] = [
    (&["push"], EventKind::Push),
    (&["pushed"], EventKind::Push),
    (&["updated"], EventKind::Push),
    (&["scan", "completed"], EventKind::ScanCompleted),
    (&["label", "added"], EventKind::LabelAdded),
    (&["signed"], EventKind::Signed),
];

pub(super) fn notices(envelope: &Envelope) -> Vec<Notice> {
    let data = &envelope.data;
    let repository = text(data, "/repository").unwrap_or_default();
    let Some(kind) = kind_of(&envelope.kind) else {
        let reason = format!(
            "the type '{}' does not end in push, updated, scan_completed, label_added or signed",
            word(&envelope.kind)
        );
        return vec![ignored(repository, reason, envelope.key.clone())];
    };
    let claim = Claim {
        kind,
        repository: repository.to_owned(),
        digest: text(data, "/digest").map(str::to_owned),
        tags: tags(data),
        occurred_at: envelope.time,
        key: envelope.key.clone(),
    };
    claim.notices()
}

fn kind_of(text: &str) -> Option<EventKind> {
    let words = words(text);
    let ends = |ending: &[&str]| {
        words.len() >= ending.len() && words[words.len() - ending.len()..].iter().eq(ending.iter())
    };
    ENDINGS.iter().find(|(ending, _)| ends(ending)).map(|(_, kind)| *kind)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in text.chars() {
        let starts_new = c.is_ascii_uppercase() || !c.is_ascii_alphanumeric();
        if starts_new && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c.is_ascii_alphanumeric()) {
            word.push(c.to_ascii_lowercase());
        }
    }
    if words.last().is_some_and(|word| is_version(word)) {
        words.pop();
    }
    words
}

fn is_version(word: &str) -> bool {
    word.strip_prefix('v').unwrap_or(word).bytes().all(|b| b.is_ascii_digit())
}

fn tags(data: &Value) -> Vec<String> {
    let mut tags = texts(data, "/tags");
    tags.extend(
        ["/tag", "/reference"].into_iter().filter_map(|pointer| text(data, pointer)).map(str::to_owned),
    );
    tags
}
