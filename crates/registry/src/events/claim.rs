//! What a sender says happened, in any format, and what of it is taken as a hint.
//!
//! Tags that hold no image are told apart here, since every format has them: cosign's `sha256-<hex>.sig` is a signature
//! of the digest it names, `.att` and `.sbom` are other attachments (cosign's tag scheme), and `sha256-<hex>` alone is
//! the list of what refers to the digest (distribution specification 1.1, referrers tag schema). That list changes when
//! a signature arrives, so it is taken as a hint at one; who evaluates it looks whether there is any.

use chrono::{DateTime, Utc};
use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;
use forewarm_domain::hint::{Hint, Key, Notice};

use super::key::part_of;
use crate::oci::name::{is_repository, is_tag};

/// What happened to an artifact, as the sender puts it.
#[derive(Debug)]
pub(super) struct Claim {
    pub kind: EventKind,
    pub repository: String,
    pub digest: Option<String>,
    /// A digest among them is the artifact's.
    pub tags: Vec<String>,
    pub occurred_at: Option<DateTime<Utc>>,
    pub key: Key,
}

/// A notice that starts nothing.
pub(super) fn ignored(about: &str, reason: impl Into<String>, key: Key) -> Notice {
    Notice::Ignored { about: shorten(about), reason: reason.into(), key }
}

impl Claim {
    /// The hints in it, or the reasons why there are none.
    pub fn notices(mut self) -> Vec<Notice> {
        if !is_repository(&self.repository) {
            let reason = if self.repository.is_empty() {
                "names no repository"
            } else {
                "the repository's name is not well-formed"
            };
            return vec![ignored(&self.repository, reason, self.key)];
        }
        let digest = self.take_digest();
        let Ok(digest) = digest.map(|text| Digest::parse(&text)).transpose() else {
            return vec![ignored(&self.repository, "the digest is not well-formed", self.key)];
        };
        self.tags.retain(|tag| !tag.is_empty());
        self.tags.sort();
        self.tags.dedup();
        if self.tags.is_empty() && digest.is_none() {
            return vec![ignored(&self.repository, "names neither a tag nor a digest", self.key)];
        }
        self.with_digest(digest)
    }

    /// Harbor writes the digest where the tag should be when there is no tag, zot into its `reference`.
    fn take_digest(&mut self) -> Option<String> {
        let (digests, tags): (Vec<_>, Vec<_>) = self.tags.drain(..).partition(|tag| tag.contains(':'));
        self.tags = tags;
        self.digest.take().or_else(|| digests.into_iter().next())
    }

    fn with_digest(self, digest: Option<Digest>) -> Vec<Notice> {
        let mut notices = Vec::new();
        let mut images = Vec::new();
        for tag in &self.tags {
            match Meaning::of(tag) {
                Meaning::Image => images.push(tag.clone()),
                Meaning::SignatureOf(subject) => notices.push(self.signature(tag, subject)),
                Meaning::Nothing(reason) => notices.push(self.leave_out(tag, reason)),
            }
        }
        if !images.is_empty() || self.tags.is_empty() {
            notices.push(Notice::Hint(Hint {
                kind: self.kind,
                repository: self.repository,
                digest,
                tags: images,
                occurred_at: self.occurred_at,
                key: self.key,
            }));
        }
        notices
    }

    fn signature(&self, tag: &str, subject: Digest) -> Notice {
        if self.kind != EventKind::Push {
            return self.leave_out(tag, "the tag holds no image but what is attached to one");
        }
        Notice::Hint(Hint {
            kind: EventKind::Signed,
            repository: self.repository.clone(),
            digest: Some(subject),
            tags: vec![],
            occurred_at: self.occurred_at,
            key: part_of(&self.key, tag),
        })
    }

    fn leave_out(&self, tag: &str, reason: &str) -> Notice {
        ignored(&format!("{}:{tag}", self.repository), reason, part_of(&self.key, tag))
    }
}

/// What lies behind a tag, by its name alone.
enum Meaning {
    Image,
    SignatureOf(Digest),
    Nothing(&'static str),
}

impl Meaning {
    fn of(tag: &str) -> Self {
        if !is_tag(tag) {
            return Self::Nothing("the tag is not well-formed");
        }
        let (name, suffix) = tag.split_once('.').unwrap_or((tag, ""));
        let Ok(subject) = Digest::parse(&name.replacen('-', ":", 1)) else { return Self::Image };
        match suffix {
            "" | "sig" => Self::SignatureOf(subject),
            "att" => Self::Nothing("the tag holds an attestation, no image"),
            "sbom" => Self::Nothing("the tag holds a bill of materials, no image"),
            _ => Self::Nothing("the tag holds no image but what is attached to one"),
        }
    }
}

fn shorten(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(400).collect()
}
