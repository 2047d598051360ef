//! A text that must never be printed.

use std::fmt;
use std::sync::Arc;

/// A password or token. `Debug` shows `***`, and there is neither `Display` nor `Serialize`: whoever needs the
/// text says so with [`Secret::expose`].
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Inner);

#[derive(Clone, PartialEq, Eq)]
enum Inner {
    Open(String),
    Locked(Arc<Locked>),
}

/// A stored secret that this process cannot open.
#[derive(Clone, PartialEq, Eq)]
pub struct Locked {
    /// As it lies in the database, so that an update of something else leaves it there.
    pub stored: String,
    /// Why, and what to do.
    pub reason: String,
}

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(Inner::Open(text.into()))
    }

    /// One that is stored and cannot be opened.
    pub fn locked(stored: impl Into<String>, reason: impl Into<String>) -> Self {
        Self(Inner::Locked(Arc::new(Locked { stored: stored.into(), reason: reason.into() })))
    }

    /// The text; empty for a locked one, so whoever is about to use it asks for [`Secret::lock`] first.
    pub fn expose(&self) -> &str {
        match &self.0 {
            Inner::Open(text) => text,
            Inner::Locked(_) => "",
        }
    }

    pub fn lock(&self) -> Option<&Locked> {
        match &self.0 {
            Inner::Open(_) => None,
            Inner::Locked(locked) => Some(locked),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}
