//! Digests of what was read.

use forewarm_domain::digest::Digest;
use sha2::{Digest as _, Sha256, Sha512};

/// Whether the bytes are what the digest names.
pub(super) fn is(digest: &Digest, bytes: &[u8]) -> bool {
    let hex = match digest.algorithm() {
        "sha256" => hex::encode(Sha256::digest(bytes)),
        "sha512" => hex::encode(Sha512::digest(bytes)),
        _ => return false,
    };
    hex == digest.hex()
}

/// The digest under which registries file the bytes when nothing else is said.
pub(super) fn sha256(bytes: &[u8]) -> Digest {
    let text = format!("sha256:{}", hex::encode(Sha256::digest(bytes)));
    Digest::parse(&text).expect("64 hex digits are a digest")
}
