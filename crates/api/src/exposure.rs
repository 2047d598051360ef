//! How the server stands in the network, and how long requests may take.

use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;
use poem::http::HeaderValue;
use url::Url;

/// What is between the server and its clients. The default: nothing.
#[derive(Debug, Clone, Default)]
pub struct Exposure {
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Other sites whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// Clients reach the server by https, and shall never again try without.
    pub https: bool,
    pub times: Times,
}

/// How long the parts of a request may take. A stream of events may go on for ever: it has been answered when it begins.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// Until the body is there.
    pub body: Duration,
    /// From then until the answer begins.
    pub answer: Duration,
    /// The same where a remote system is waited for, which has limits of its own.
    pub remote: Duration,
}

impl Times {
    pub fn of(answer: Duration) -> Self {
        Self { body: answer, answer, remote: answer * 6 }
    }
}

impl Default for Times {
    fn default() -> Self {
        Self::of(Duration::from_secs(30))
    }
}

/// Scheme, host and port of a site, as browsers write it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(HeaderValue);

/// A text that is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("'{0}' is not the origin of one site, like https://console.example.com")]
pub struct NoOrigin(String);

impl Origin {
    pub(crate) fn header(&self) -> &HeaderValue {
        &self.0
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        let no_origin = || NoOrigin(text.to_owned());
        let url = Url::parse(text).map_err(|_| no_origin())?;
        let written = url.origin().ascii_serialization();
        let is_site = matches!(url.scheme(), "http" | "https");
        // Anything beside the origin would never be equal to what a browser sends.
        if !is_site || text.contains('*') || text.trim_end_matches('/') != written {
            return Err(no_origin());
        }
        HeaderValue::from_str(&written).map(Self).map_err(|_| no_origin())
    }
}
