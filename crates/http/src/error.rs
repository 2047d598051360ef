//! What went wrong with an outbound request, in one readable line.

use std::error::Error as _;
use std::time::Duration;

use url::Url;

use crate::guard::{NO_ADDRESS, Refusal};

/// What kind of trouble it was; decides between trying again and giving up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The host's name is unknown.
    Dns,
    Refused,
    /// The connection never came about, for another reason; nothing was sent.
    Unreachable,
    Timeout,
    /// The connection never came about because of TLS, or one side refused the other's certificate.
    Tls,
    /// The connection broke after it stood: what was sent may have arrived.
    Connection,
    /// The other side answered with a status that means no.
    Status(u16),
    /// The other side answered, but not in the way of such a server.
    Protocol,
    /// The answer is larger than anything honest.
    TooLarge,
    /// Our own rules forbid to connect to the address; nothing was sent.
    ForbiddenAddress,
    /// Our own credentials are stored and cannot be opened; nothing was sent.
    Locked,
}

impl ErrorKind {
    /// The status, or a word for what kept the other side from giving one: for metrics.
    pub fn code(self) -> String {
        let word = match self {
            Self::Status(status) => return status.to_string(),
            Self::Dns => "dns",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Tls => "tls",
            Self::Connection => "connection",
            Self::Protocol => "protocol",
            Self::TooLarge => "too_large",
            Self::ForbiddenAddress => "forbidden_address",
            Self::Locked => "locked",
        };
        word.to_owned()
    }
}

/// A failed request. The text names host and cause and holds no credentials.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct HttpError {
    pub kind: ErrorKind,
    pub message: String,
    /// What the other side asked us to wait (`Retry-After`).
    pub retry_after: Option<Duration>,
}

impl HttpError {
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), retry_after: None }
    }

    /// Explains an error of the client itself; `url` is what was asked.
    pub fn from_reqwest(error: &reqwest::Error, url: &Url) -> Self {
        if let Some(refusal) = refusal(error) {
            return Self::forbidden(refusal, url);
        }
        let place = place(url);
        let cause = innermost(error);
        let kind = classify(error, &cause);
        let message = match kind {
            ErrorKind::Dns => format!("{place}: the host name cannot be resolved ({cause})"),
            ErrorKind::Refused => {
                format!("{place}: connection refused; is it running, and is the port right?")
            }
            ErrorKind::Timeout => format!("{place}: no answer in time"),
            ErrorKind::Unreachable if error.is_timeout() => format!("{place}: no connection in time"),
            ErrorKind::Tls => format!("{place}: TLS failed: {cause}"),
            _ => format!("{place}: the connection failed: {cause}"),
        };
        Self::new(kind, message)
    }

    /// Says that nothing was sent to `url`, and which of our rules forbids it.
    pub fn forbidden(refusal: &Refusal, url: &Url) -> Self {
        Self::new(ErrorKind::ForbiddenAddress, format!("{}: not connected: {refusal}", place(url)))
    }

    /// Whether the same request may succeed a little later.
    pub fn is_transient(&self) -> bool {
        match self.kind {
            ErrorKind::Dns | ErrorKind::Refused | ErrorKind::Unreachable => true,
            ErrorKind::Timeout | ErrorKind::Connection => true,
            ErrorKind::Status(status) => matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504),
            ErrorKind::Tls | ErrorKind::Protocol | ErrorKind::TooLarge | ErrorKind::Locked => false,
            // Waiting changes no rule.
            ErrorKind::ForbiddenAddress => false,
        }
    }
}

/// Scheme, host and port, for messages.
pub fn place(url: &Url) -> String {
    let host = url.host_str().unwrap_or("?");
    match url.port() {
        Some(port) => format!("{}://{host}:{port}", url.scheme()),
        None => format!("{}://{host}", url.scheme()),
    }
}

/// Our resolver's refusal, which the client wraps.
fn refusal(error: &reqwest::Error) -> Option<&Refusal> {
    let mut source = error.source();
    while let Some(inner) = source {
        if let Some(refusal) = inner.downcast_ref() {
            return Some(refusal);
        }
        source = inner.source();
    }
    None
}

fn innermost(error: &reqwest::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        text = inner.to_string();
        source = inner.source();
    }
    text
}

fn classify(error: &reqwest::Error, cause: &str) -> ErrorKind {
    let cause = cause.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| cause.contains(word));
    // A certificate can be refused after the handshake, too: TLS 1.3 lets the server look at ours so late.
    let is_certificate = says(&["certificate"]);
    if !error.is_connect() {
        return match error.is_timeout() || says(&["timed out"]) {
            true => ErrorKind::Timeout,
            false if is_certificate => ErrorKind::Tls,
            false => ErrorKind::Connection,
        };
    }
    if says(&["lookup address", "dns", "name or service", NO_ADDRESS]) {
        ErrorKind::Dns
    } else if says(&["connection refused"]) {
        ErrorKind::Refused
    } else if is_certificate || says(&["tls", "handshake", "corrupt message"]) {
        ErrorKind::Tls
    } else {
        ErrorKind::Unreachable
    }
}
