//! One request with its redirects and repetitions.

use std::time::{Duration, Instant};

use reqwest::header::{ACCEPT, ACCEPT_ENCODING, AUTHORIZATION, HeaderName, HeaderValue, LOCATION};
use reqwest::{Method, Response};
use url::{Position, Url};

use super::answer::{Answer, quote};
use super::api::Headers;
use super::backoff::{self, Backoff};
use super::{Session, TIME_LIMIT};
use crate::authorize::{basic, unlocked};
use crate::slots::Slot;
use crate::{ErrorKind, HttpError};
use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_metrics::process;

/// Redirects followed in a row.
const MOST_HOPS: usize = 5;

/// What is asked.
#[derive(Debug)]
pub(super) struct Ask {
    method: Method,
    pub(super) url: Url,
    accept: &'static str,
    follow: bool,
    time_limit: Option<Duration>,
    headers: Headers,
    /// For a compressed layer the bytes count, not what they unpack to.
    verbatim: bool,
}

impl Ask {
    pub(super) fn new(method: Method, url: Url, accept: &'static str) -> Self {
        Self {
            method,
            url,
            accept,
            follow: true,
            time_limit: Some(TIME_LIMIT),
            headers: &[],
            verbatim: false,
        }
    }

    pub(super) fn without_redirects(self) -> Self {
        Self { follow: false, ..self }
    }

    pub(super) fn with_headers(self, headers: Headers) -> Self {
        Self { headers, ..self }
    }

    pub(super) fn for_blob(self) -> Self {
        Self { time_limit: None, verbatim: true, ..self }
    }
}

impl Session {
    /// Sends the request, again while the server asks for patience. `authorization` goes to the host that was asked
    /// and to no other.
    pub(super) async fn patiently(
        &self,
        ask: &Ask,
        authorization: Option<&Secret>,
    ) -> Result<Answer, HttpError> {
        let mut backoff = Backoff::new();
        loop {
            let answer = self.follow(ask, authorization).await?;
            if !backoff::is_busy(answer.status().as_u16()) {
                return Ok(answer);
            }
            let asked = backoff::retry_after(answer.headers(), self.clock().now());
            let Some(wait) = backoff.next(asked) else {
                return Err(answer.into_error(self.clock()).await);
            };
            drop(answer);
            tracing::debug!(url = %ask.url, ?wait, "the server asks for patience");
            self.clock().sleep(wait).await;
        }
    }

    async fn follow(&self, ask: &Ask, authorization: Option<&Secret>) -> Result<Answer, HttpError> {
        let mut url = ask.url.clone();
        for _ in 0..=MOST_HOPS {
            let at_home = url.origin() == ask.url.origin();
            let sent = self.send(ask, &url, authorization.filter(|_| at_home)).await;
            let (response, slot) = sent.map_err(|error| tell_who_sent_us(error, &ask.url, &url))?;
            match redirect(&response).filter(|_| ask.follow) {
                Some(target) => url = next_hop(&url, &target)?,
                None => {
                    return Ok(Answer {
                        response,
                        url: ask.url.clone(),
                        method: method_name(&ask.method),
                        at_home,
                        hidden: self.proofs(authorization),
                        slot,
                    });
                }
            }
        }
        Err(HttpError::new(
            ErrorKind::Protocol,
            format!("{}: more than {MOST_HOPS} redirects", crate::error::place(&ask.url)),
        ))
    }

    async fn send(
        &self,
        ask: &Ask,
        url: &Url,
        authorization: Option<&Secret>,
    ) -> Result<(Response, Slot), HttpError> {
        unlocked(self.auth())?;
        let slot = self.shared.outbound.slot(url).await;
        let client = self.shared.outbound.client(self.shared.insecure_tls);
        let mut request = client.request(ask.method.clone(), url)?;
        request = request.header(ACCEPT, ask.accept);
        for (name, value) in ask.headers {
            request = request.header(*name, *value);
        }
        if ask.verbatim {
            request = request.header(ACCEPT_ENCODING, "identity");
        }
        if let Some(limit) = ask.time_limit {
            request = request.timeout(limit);
        }
        if let Some(value) = authorization {
            request = request.header(AUTHORIZATION, sensitive(value, url)?);
        }
        if let Some((name, value)) = self.own_header(url)? {
            request = request.header(name, value);
        }
        let asked = Instant::now();
        let sent = request.send().await.map_err(|error| HttpError::from_reqwest(&error, url));
        count(url, &sent, asked.elapsed());
        Ok((sent?, slot))
    }

    /// All that may have been sent to prove who asks, also to the token server.
    fn proofs(&self, authorization: Option<&Secret>) -> Vec<Secret> {
        let pair = match self.auth() {
            Auth::Basic { username, password } => Some(basic(username, password)),
            _ => None,
        };
        self.auth().secret().into_iter().chain(authorization).cloned().chain(pair).collect()
    }

    /// The header of the user's choice, for the registry itself only.
    fn own_header(&self, url: &Url) -> Result<Option<(HeaderName, HeaderValue)>, HttpError> {
        let Auth::Header { name, value } = self.auth() else {
            return Ok(None);
        };
        if url.origin() != self.base().origin() {
            return Ok(None);
        }
        let name = HeaderName::try_from(name).map_err(|_| unfit(url))?;
        Ok(Some((name, sensitive(value, url)?)))
    }
}

fn count(url: &Url, sent: &Result<Response, HttpError>, took: Duration) {
    let host = &url[Position::BeforeHost..Position::AfterPort];
    let code = match sent {
        Ok(response) => response.status().as_str().to_owned(),
        Err(error) => error.kind.code(),
    };
    process().registry_requests.add([host, &code]);
    process().registry_request_duration.observe([host], took);
}

fn sensitive(secret: &Secret, url: &Url) -> Result<HeaderValue, HttpError> {
    let mut value = HeaderValue::from_str(secret.expose()).map_err(|_| unfit(url))?;
    value.set_sensitive(true);
    Ok(value)
}

fn unfit(url: &Url) -> HttpError {
    let place = crate::error::place(url);
    HttpError::new(
        ErrorKind::Protocol,
        format!("{place}: the credentials hold characters that no HTTP header can carry"),
    )
}

fn redirect(response: &Response) -> Option<String> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let target = response.headers().get(LOCATION)?.to_str().ok()?;
    Some(target.to_owned())
}

fn next_hop(current: &Url, target: &str) -> Result<Url, HttpError> {
    let refuse = |why: &str| {
        let place = crate::error::place(current);
        HttpError::new(
            ErrorKind::Protocol,
            format!("{place}: the redirect {why}: {}", quote(without_query(target))),
        )
    };
    let next = current.join(target).map_err(|_| refuse("names no address"))?;
    match (current.scheme(), next.scheme()) {
        (_, "https") | ("http", "http") => Ok(next),
        ("https", "http") => Err(refuse("leads from https to plain http")),
        _ => Err(refuse("leads to no http(s) address")),
    }
}

/// An address that we must not ask is not one that anybody configured, so whoever led us there is named.
fn tell_who_sent_us(mut error: HttpError, asked: &Url, url: &Url) -> HttpError {
    if error.kind == ErrorKind::ForbiddenAddress && asked != url {
        let place = crate::error::place(asked);
        error.message = format!("{place}: its redirect is not followed: {}", error.message);
    }
    error
}

/// The query of a redirect is often a signature that permits the download: not for messages.
fn without_query(target: &str) -> &str {
    target.split(['?', '#']).next().unwrap_or_default()
}

fn method_name(method: &Method) -> &'static str {
    if *method == Method::HEAD { "HEAD" } else { "GET" }
}
