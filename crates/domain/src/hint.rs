//! Hints: what a sender says happened to an artifact. Nothing of it is believed; the artifact is read again.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::digest::Digest;
use crate::event::EventKind;

/// How long two notices with the same key are one.
pub const A_DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One entry of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Hint(Hint),
    /// Something that starts nothing: a pull, a layer, an attestation.
    Ignored {
        /// The artifact or the kind of event, for a person.
        about: String,
        reason: String,
        key: Key,
    },
}

/// Something may have happened to an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hint {
    pub kind: EventKind,
    /// Full repository name in its registry.
    pub repository: String,
    /// What the sender says the tags named; for `signed` the digest of what was signed.
    pub digest: Option<Digest>,
    /// Empty when the sender names only a digest.
    pub tags: Vec<String>,
    pub occurred_at: Option<DateTime<Utc>>,
    pub key: Key,
}

/// What tells a notice from a repeated one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// 64 hexadecimal digits.
    pub text: String,
    /// How long a second notice with this key is the same one: a day, or moments where the format has neither id
    /// nor time, since there the next push of a tag looks like the last.
    pub window: Duration,
}

impl Hint {
    /// One hint for each artifact that it may be about: without a digest each tag may name another one.
    pub fn split(self) -> Vec<Self> {
        if self.digest.is_some() || self.tags.len() < 2 {
            return vec![self];
        }
        let of_tag = |tag: &String| Self {
            tags: vec![tag.clone()],
            key: Key { text: format!("{}:{tag}", self.key.text), window: self.key.window },
            ..self.clone()
        };
        self.tags.iter().map(of_tag).collect()
    }

    /// What tells its artifact from others of the repository: the digest, or the tag that names it.
    pub fn subject(&self) -> &str {
        match &self.digest {
            Some(digest) => digest.as_str(),
            None => self.tags.first().map_or("", String::as_str),
        }
    }

    /// The artifact, for a person.
    pub fn about(&self) -> String {
        match (&self.tags[..], &self.digest) {
            ([tag], _) => format!("{}:{tag}", self.repository),
            ([], Some(digest)) => format!("{}@{digest}", self.repository),
            (tags, _) => format!("{}:{{{}}}", self.repository, tags.join(",")),
        }
    }
}
