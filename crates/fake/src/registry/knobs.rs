//! How a fake registry is set up.

use super::Auth;
use crate::clock::Clock;

/// How it writes the `Link` of the next page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Links {
    Relative,
    Absolute,
}

/// What the next page is named by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cursors {
    /// `last=<name>`, as the specification has it.
    Last,
    /// A parameter of the server's own with a value that means nothing to clients.
    Opaque,
}

/// Where blobs are served from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Storage {
    Inline,
    /// `307` to a server on another port, with the permission in the URL. It refuses an `Authorization`, as S3 does.
    Redirect,
}

#[derive(Debug, Clone)]
pub struct Knobs {
    pub clock: Clock,
    pub auth: Auth,
    /// No page is longer than this, whatever `n` says.
    pub page_size: usize,
    pub links: Links,
    pub cursors: Cursors,
    pub storage: Storage,
    /// Whether `/v2/_catalog` exists.
    pub catalog: bool,
    /// Whether the referrers API exists.
    pub referrers: bool,
    /// Whether `Docker-Content-Digest` is sent.
    pub digest_header: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            auth: Auth::None,
            page_size: usize::MAX,
            links: Links::Relative,
            cursors: Cursors::Last,
            storage: Storage::Inline,
            catalog: true,
            referrers: true,
            digest_header: true,
        }
    }
}

impl From<Auth> for Knobs {
    fn from(auth: Auth) -> Self {
        Self { auth, ..Self::default() }
    }
}
