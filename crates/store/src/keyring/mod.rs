//! Secrets at rest: the keys of this process, and what they seal and open. `columns.rs` lists every column that holds
//! a secret.

mod census;
mod columns;
mod key;
mod known;
mod place;
mod reseal;
mod sealed;

use std::fmt;
use std::sync::Arc;

use forewarm_domain::Secret;

use crate::StoreError;
use sealed::Sealed;

pub use census::Census;
pub use key::Key;
pub use known::{Introduced, Unknown};
pub(crate) use place::Place;
pub use reseal::Resealed;

/// Any number of keys: the first one, which is active, seals; all of them open. Cheap to clone.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Arc<[Key]>,
}

impl Keyring {
    /// One that opens nothing and seals nothing, for what never touches a secret.
    pub fn none() -> Self {
        Self::default()
    }

    pub fn new(keys: Vec<Key>) -> Self {
        Self { keys: keys.into() }
    }

    /// Reads keys that are separated by commas or line ends. Lines that begin with `#` are notes.
    pub fn parse(text: &str) -> Result<Self, String> {
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        let mut keys: Vec<Key> = Vec::new();
        for (n, text) in
            lines.flat_map(|line| line.split(',')).map(str::trim).filter(|key| !key.is_empty()).enumerate()
        {
            let key = Key::parse(text).map_err(|reason| format!("key {} is unreadable: {reason}", n + 1))?;
            if keys.iter().all(|known| known.id() != key.id()) {
                keys.push(key);
            }
        }
        if keys.is_empty() { Err("there is no key in it".to_owned()) } else { Ok(Self::new(keys)) }
    }

    /// Ids of all keys, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(Key::id)
    }

    pub fn active_id(&self) -> Option<&str> {
        self.keys.first().map(Key::id)
    }

    pub(crate) fn seal(&self, place: Place<'_>, text: &str) -> Result<String, StoreError> {
        let key = self.keys.first().ok_or(StoreError::NoKey)?;
        let (nonce, ciphertext) = key.encrypt(&place.about(), text).ok_or(StoreError::NoKey)?;
        let nonce = nonce.try_into().map_err(|_| StoreError::NoKey)?;
        Ok(Sealed { key_id: key.id(), nonce, ciphertext }.to_string())
    }

    /// What a user wants stored. `stored` is what lies there: it stays if it says the same under the active key, or
    /// cannot be opened.
    pub(crate) fn keep(
        &self,
        place: Place<'_>,
        stored: Option<&str>,
        secret: &Secret,
    ) -> Result<String, StoreError> {
        if let Some(locked) = secret.lock() {
            return Ok(locked.stored.clone());
        }
        match stored {
            Some(stored) if self.is_current(stored) && self.open(place, stored) == *secret => {
                Ok(stored.to_owned())
            }
            _ => self.seal(place, secret.expose()),
        }
    }

    /// The secret, or a locked one with the reason. What was stored before there were keys is taken as it is.
    pub(crate) fn open(&self, place: Place<'_>, stored: &str) -> Secret {
        let Some(sealed) = Sealed::parse(stored) else {
            return Secret::new(stored);
        };
        let Some(key) = self.key(sealed.key_id) else {
            return Secret::locked(stored, self.missing(place, sealed.key_id));
        };
        match key.decrypt(&place.about(), sealed.nonce, &sealed.ciphertext) {
            Some(text) => Secret::new(text),
            None => Secret::locked(stored, spoilt(place, sealed.key_id)),
        }
    }

    /// Whether the value is sealed by the active key.
    fn is_current(&self, stored: &str) -> bool {
        Sealed::parse(stored).is_some_and(|sealed| Some(sealed.key_id) == self.active_id())
    }

    fn key(&self, id: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.id() == id)
    }

    fn missing(&self, place: Place<'_>, id: &str) -> String {
        let ours =
            if self.keys.is_empty() { "none".to_owned() } else { self.ids().collect::<Vec<_>>().join(", ") };
        format!(
            "{place} is encrypted with key {id}, which this process does not have (it has {ours}): start it with that \
             key too (--key-file, FOREWARM_KEY_FILE or FOREWARM_KEY), or give the secret again"
        )
    }
}

fn spoilt(place: Place<'_>, id: &str) -> String {
    format!(
        "{place} does not open, although key {id} is at hand: it was changed, or copied from another row or column; \
         give the secret again"
    )
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.ids()).finish()
    }
}
