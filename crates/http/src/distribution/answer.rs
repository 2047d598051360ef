//! A server's answer, and what it says about itself.

use forewarm_domain::Secret;
use forewarm_domain::digest::Digest;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use reqwest::{Response, StatusCode};
use serde::Deserialize;
use url::Url;

use super::backoff;
use crate::clock::Clock;
use crate::slots::Slot;
use crate::{ErrorKind, HttpError, body};

/// How much of an error's body is read.
const ERROR_LIMIT: usize = 64 * 1024;
/// How much of a foreign text is repeated in a message.
const QUOTED: usize = 200;

/// Shorter values are no secrets, and blotting them out would make every text unreadable.
const SHORTEST_SECRET: usize = 8;

/// An answer of any status.
#[derive(Debug)]
pub struct Answer {
    pub(super) response: Response,
    /// What was asked, before any redirect.
    pub(super) url: Url,
    pub(super) method: &'static str,
    /// Whether the server itself answered, and not one that it redirected to.
    pub(super) at_home: bool,
    /// What was sent to prove who asks: servers have been known to repeat it.
    pub(super) hidden: Vec<Secret>,
    /// Held until the body is read, so that the limit per host covers the whole request.
    pub(super) slot: Slot,
}

impl Answer {
    pub fn status(&self) -> StatusCode {
        self.response.status()
    }

    pub fn headers(&self) -> &HeaderMap {
        self.response.headers()
    }

    /// `Content-Type` without parameters, in lower case; empty when there is none.
    pub fn media_type(&self) -> String {
        let text = self.header(CONTENT_TYPE.as_str()).unwrap_or_default();
        let plain = text.split(';').next().unwrap_or_default();
        plain.trim().to_ascii_lowercase()
    }

    /// `Docker-Content-Digest`, when there is a well-formed one.
    pub fn content_digest(&self) -> Option<Digest> {
        Digest::parse(self.header("docker-content-digest")?).ok()
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers().get(name)?.to_str().ok()
    }

    /// The whole body, at most `limit` bytes.
    pub async fn read(self, limit: usize) -> Result<Vec<u8>, HttpError> {
        let Self { response, url, slot, .. } = self;
        let body = body::read(response, limit, &url).await;
        drop(slot);
        body
    }

    /// The next piece of a body too large to keep; None at its end.
    pub async fn chunk(&mut self) -> Result<Option<impl AsRef<[u8]> + use<>>, HttpError> {
        let chunk = self.response.chunk().await;
        chunk.map_err(|error| HttpError::from_reqwest(&error, &self.url))
    }

    /// Turns every status but 2xx into an error with the server's own words.
    pub async fn success(self, clock: &dyn Clock) -> Result<Self, HttpError> {
        if self.status().is_success() {
            return Ok(self);
        }
        Err(self.into_error(clock).await)
    }

    pub(super) fn hold_no_slot(self) -> Self {
        self.hold(Slot::default())
    }

    /// Holds this slot instead of its own.
    pub(super) fn hold(self, slot: Slot) -> Self {
        Self { slot, ..self }
    }

    pub(super) async fn into_error(self, clock: &dyn Clock) -> HttpError {
        let status = self.status();
        let retry_after = backoff::retry_after(self.headers(), clock.now());
        let asked = format!(
            "{}: {} {} answered {status}",
            crate::error::place(&self.url),
            self.method,
            self.url.path()
        );
        let hidden = self.hidden.clone();
        let words = match self.read(ERROR_LIMIT).await {
            Ok(body) => own_words(&body).map(|words| quote(&without(&words, &hidden))),
            Err(_) => None,
        };
        let message = match words {
            Some(words) => format!("{asked} ({words})"),
            None => asked,
        };
        HttpError { retry_after, ..HttpError::new(ErrorKind::Status(status.as_u16()), message) }
    }
}

/// The distribution specification's error body; token servers use it, or a `details` text.
#[derive(Deserialize)]
struct Complaints {
    #[serde(default)]
    errors: Vec<Complaint>,
    #[serde(default)]
    details: Option<String>,
}

#[derive(Deserialize)]
struct Complaint {
    #[serde(default)]
    code: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

fn own_words(body: &[u8]) -> Option<String> {
    let complaints: Complaints = serde_json::from_slice(body).ok()?;
    let words = match complaints.errors.into_iter().next() {
        Some(first) => match (first.code, first.message) {
            (Some(code), Some(message)) => format!("{code}: {message}"),
            (code, message) => code.or(message)?,
        },
        None => complaints.details?,
    };
    Some(words)
}

/// The text with `***` for each secret, or for what follows the scheme in it.
fn without(text: &str, hidden: &[Secret]) -> String {
    hidden.iter().fold(text.to_owned(), |text, secret| {
        let value = secret.expose();
        let token = value.rsplit(' ').next().unwrap_or(value);
        if token.len() < SHORTEST_SECRET { text } else { text.replace(token, "***") }
    })
}

/// A foreign text made fit for one line.
pub(crate) fn quote(text: &str) -> String {
    let line = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    line.take(QUOTED).collect()
}
