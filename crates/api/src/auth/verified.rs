//! Passwords that were verified a moment ago: Argon2 costs tens of milliseconds, too much for each request.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use forewarm_domain::Secret;
use ring::hmac;

/// How long a verified password needs no second look.
const KEPT: Duration = Duration::from_secs(60);
/// How many are remembered.
const MOST: usize = 10_000;

/// Remembers neither names nor passwords, but a keyed hash of both; the key never leaves this process.
pub struct Verified {
    key: hmac::Key,
    entries: Mutex<HashMap<Vec<u8>, Entry>>,
}

#[derive(Clone, Copy)]
struct Entry {
    user_id: i64,
    /// The user's count of changes at that time.
    changed: i32,
    until: Instant,
}

impl Verified {
    pub fn new() -> Self {
        let key: [u8; 32] = rand::random();
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key), entries: Mutex::default() }
    }

    /// Id and count of changes of the user that was verified with these.
    pub fn find(&self, name: &str, password: &Secret, now: Instant) -> Option<(i64, i32)> {
        let entries = self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entry = entries.get(&self.hash(name, password))?;
        (entry.until > now).then_some((entry.user_id, entry.changed))
    }

    pub fn remember(&self, name: &str, password: &Secret, (user_id, changed): (i64, i32), now: Instant) {
        let mut entries = self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        entries.retain(|_, entry| entry.until > now);
        if entries.len() < MOST {
            let entry = Entry { user_id, changed, until: now + KEPT };
            entries.insert(self.hash(name, password), entry);
        }
    }

    pub fn forget(&self, name: &str, password: &Secret) {
        let mut entries = self.entries.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        entries.remove(&self.hash(name, password));
    }

    fn hash(&self, name: &str, password: &Secret) -> Vec<u8> {
        let text = format!("{name}\0{}", password.expose());
        hmac::sign(&self.key, text.as_bytes()).as_ref().to_vec()
    }
}
