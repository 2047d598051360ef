//! Checks bytes against their digest as they come.

use forewarm_domain::digest::Digest;
use sha2::{Digest as _, Sha256, Sha512};

pub(super) enum Hash {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Hash {
    /// Of the digest's own kind; a digest is of one of these two.
    pub(super) fn like(digest: &Digest) -> Self {
        if digest.algorithm() == "sha512" { Self::Sha512(Sha512::new()) } else { Self::Sha256(Sha256::new()) }
    }

    pub(super) fn update(&mut self, bytes: &[u8]) {
        match self {
            Self::Sha256(hash) => hash.update(bytes),
            Self::Sha512(hash) => hash.update(bytes),
        }
    }

    pub(super) fn is(self, digest: &Digest) -> bool {
        let hex = match self {
            Self::Sha256(hash) => hex::encode(hash.finalize()),
            Self::Sha512(hash) => hex::encode(hash.finalize()),
        };
        hex == digest.hex()
    }
}
