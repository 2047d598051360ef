//! The text of a token: made once, shown once, and remembered as a hash only.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use forewarm_domain::Secret;
use forewarm_domain::token::PREFIX;
use sha2::{Digest as _, Sha256};

/// Random bytes in a token.
const BYTES: usize = 32;

/// `fwm_` and 256 random bits.
#[derive(Debug, Clone)]
pub struct TokenText(Secret);

impl TokenText {
    pub fn generate() -> Self {
        let bytes: [u8; BYTES] = rand::random();
        Self(Secret::new(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))))
    }

    /// A text that has the form of a token; None = it is something else.
    pub fn parse(text: &str) -> Option<Self> {
        let random = text.strip_prefix(PREFIX)?;
        let bytes = URL_SAFE_NO_PAD.decode(random).ok()?;
        (bytes.len() == BYTES).then(|| Self(Secret::new(text)))
    }

    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Looking a hash up in an index tells nobody how much of a guess was right: a guess cannot choose its hash. And
    /// 256 random bits need no slow hash.
    pub(super) fn hash(&self) -> Vec<u8> {
        Sha256::digest(self.0.expose()).to_vec()
    }
}
