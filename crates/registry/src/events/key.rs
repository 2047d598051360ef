//! Keys of notices: always a hash, so that a sender's id of any length and content is one short word to us.

use std::time::Duration;

use forewarm_domain::hint::{A_DAY, Key};
use sha2::{Digest as _, Sha256};

/// A key over what a sender calls the notice by, or over everything that tells it from others.
pub(super) fn key(parts: &[&str]) -> Key {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps ("ab", "c") and ("a", "bc") apart.
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part.as_bytes());
    }
    Key { text: hex::encode(hash.finalize()), window: A_DAY }
}

/// A key that soon stands for the next notice, of a format in which two pushes of a tag look the same.
pub(super) fn passing_key(parts: &[&str], window: Duration) -> Key {
    Key { window, ..key(parts) }
}

/// The key of one part of a notice that speaks of several artifacts.
pub(super) fn part_of(whole: &Key, part: &str) -> Key {
    passing_key(&[&whole.text, part], whole.window)
}
