//! One key: 32 random bytes, and the fingerprint by which values name it.

use std::fmt;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use chacha20poly1305::aead::{Aead, Generate, Key as Bytes, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::sealed::{ID_LENGTH, NONCE_LENGTH};

/// How many bytes a key has.
pub(crate) const KEY_LENGTH: usize = 32;

/// XChaCha20-Poly1305: its nonces are long enough to be drawn at random for every value, however many there are.
pub struct Key {
    id: String,
    bytes: Zeroizing<[u8; KEY_LENGTH]>,
}

impl Key {
    pub fn generate() -> Self {
        let mut drawn = Bytes::<XChaCha20Poly1305>::generate();
        let key = Self::new(Zeroizing::new(drawn.into()));
        zeroize::Zeroize::zeroize(drawn.as_mut_slice());
        key
    }

    /// Reads the base64 text of a key; the complaint repeats nothing of it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong =
            || format!("a key is {KEY_LENGTH} bytes in base64, as `forewarm key generate` prints them");
        let decoded = Zeroizing::new(BASE64_STANDARD.decode(text).map_err(|_| wrong())?);
        let bytes: [u8; KEY_LENGTH] = decoded.as_slice().try_into().map_err(|_| wrong())?;
        Ok(Self::new(Zeroizing::new(bytes)))
    }

    /// The text that [`Key::parse`] reads: the key itself.
    pub fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(BASE64_STANDARD.encode(self.bytes.as_slice()))
    }

    /// Fingerprint: tells keys apart and nothing about them.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Nonce and ciphertext.
    pub(super) fn encrypt(&self, about: &[u8], text: &str) -> Option<(Vec<u8>, Vec<u8>)> {
        let nonce = XNonce::generate();
        let ciphertext = self.cipher().encrypt(&nonce, Payload { msg: text.as_bytes(), aad: about }).ok()?;
        Some((nonce.to_vec(), ciphertext))
    }

    /// None = it was not encrypted by this key, or not about this.
    pub(super) fn decrypt(
        &self,
        about: &[u8],
        nonce: [u8; NONCE_LENGTH],
        ciphertext: &[u8],
    ) -> Option<String> {
        let payload = Payload { msg: ciphertext, aad: about };
        String::from_utf8(self.cipher().decrypt(&XNonce::from(nonce), payload).ok()?).ok()
    }

    fn new(bytes: Zeroizing<[u8; KEY_LENGTH]>) -> Self {
        let mut hash = Sha256::new();
        hash.update(b"forewarm key id\0");
        hash.update(bytes.as_slice());
        let id = hex::encode(&hash.finalize()[..ID_LENGTH / 2]);
        Self { id, bytes }
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.bytes).into())
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({})", self.id)
    }
}
