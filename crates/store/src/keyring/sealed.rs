//! The text of an encrypted value: `v1:<key id>:<nonce>:<ciphertext>`, the last two in URL-safe base64.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;

/// Hexadecimal digits of a key's id.
pub(super) const ID_LENGTH: usize = 16;
pub(super) const NONCE_LENGTH: usize = 24;
/// What the authentication adds to a text.
const TAG_LENGTH: usize = 16;
const VERSION: &str = "v1";

pub(super) struct Sealed<'a> {
    pub key_id: &'a str,
    pub nonce: [u8; NONCE_LENGTH],
    pub ciphertext: Vec<u8>,
}

impl<'a> Sealed<'a> {
    /// None = the value is not encrypted: it was stored before there were keys. Strict, so that a password that only
    /// begins like one is none.
    pub fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.split(':');
        let (version, key_id) = (parts.next()?, parts.next()?);
        let nonce = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?.try_into().ok()?;
        let ciphertext = BASE64_URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
        let is_id =
            key_id.len() == ID_LENGTH && key_id.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let is_whole =
            version == VERSION && is_id && ciphertext.len() >= TAG_LENGTH && parts.next().is_none();
        is_whole.then_some(Self { key_id, nonce, ciphertext })
    }
}

impl fmt::Display for Sealed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
        write!(f, "{VERSION}:{}:{}:{}", self.key_id, encode(&self.nonce), encode(&self.ciphertext))
    }
}
