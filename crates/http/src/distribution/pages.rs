//! Lists in pages: `Link: <…>; rel="next"` is followed as it stands, within bounds.

use std::collections::HashSet;

use reqwest::header::{HeaderMap, LINK};
use url::Url;

use super::{JSON, LIST_LIMIT, Session};
use crate::{ErrorKind, HttpError};

/// Entries asked for per page.
const PER_PAGE: &str = "1000";
/// Pages read of one list; more is no list but a trap.
const MOST_PAGES: usize = 1000;
/// Bytes read of one list, all pages together.
const MOST_BYTES: usize = 128 * 1024 * 1024;

/// A list that is read page by page.
#[derive(Debug)]
pub struct Pages<'a> {
    session: &'a Session,
    scope: &'a str,
    next: Option<Url>,
    seen: HashSet<Url>,
    bytes: usize,
}

impl<'a> Pages<'a> {
    pub(super) fn new(session: &'a Session, path: &str, scope: &'a str) -> Self {
        let mut first = session.url(path);
        first.query_pairs_mut().append_pair("n", PER_PAGE);
        Self { session, scope, next: Some(first), seen: HashSet::new(), bytes: 0 }
    }

    /// The next page's body; None after the last.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        let Some(url) = self.next.take() else {
            return Ok(None);
        };
        if self.seen.len() >= MOST_PAGES || !self.seen.insert(url.clone()) {
            return Err(self.endless(&url));
        }
        let answer = match self.session.fetch(url.clone(), JSON, self.scope).await? {
            // Some servers refuse a page size above their own limit (distribution 2.8.2 does).
            refused if refused.status().as_u16() == 400 && self.seen.len() == 1 => {
                drop(refused);
                let mut plain = url.clone();
                plain.set_query(None);
                self.session.fetch(plain, JSON, self.scope).await?
            }
            answer => answer,
        };
        let answer = answer.success(self.session.clock()).await?;
        self.next = following(answer.headers(), &url, self.session)?;
        let body = answer.read(LIST_LIMIT).await?;
        self.bytes += body.len();
        if self.bytes > MOST_BYTES {
            return Err(self.endless(&url));
        }
        Ok(Some(body))
    }

    fn endless(&self, url: &Url) -> HttpError {
        let place = crate::error::place(url);
        HttpError::new(
            ErrorKind::Protocol,
            format!("{place}: endless paging: {} does not end after {} pages", url.path(), self.seen.len()),
        )
    }
}

/// The address of the next page, which must be on the registry itself: it is asked with credentials.
fn following(headers: &HeaderMap, current: &Url, session: &Session) -> Result<Option<Url>, HttpError> {
    let Some(target) = next_link(headers) else {
        return Ok(None);
    };
    let refuse = |why: &str| {
        let place = crate::error::place(current);
        let target = super::answer::quote(&target);
        HttpError::new(ErrorKind::Protocol, format!("{place}: the link to the next page {why}: {target}"))
    };
    let next = current.join(&target).map_err(|_| refuse("is no address"))?;
    let base = session.base();
    if next.host() == base.host() && next.port() == base.port() {
        // The scheme stays the registry's: a server behind a proxy that ends TLS writes http into its links.
        let mut own = base.clone();
        own.set_path(next.path());
        own.set_query(next.query());
        return Ok(Some(own));
    }
    Err(refuse("leads to another host"))
}

/// The target of the first link with `rel="next"` (RFC 8288).
fn next_link(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(LINK);
    lines.iter().filter_map(|line| line.to_str().ok()).find_map(next_of)
}

fn next_of(line: &str) -> Option<String> {
    let mut rest = line;
    while let Some((_, after)) = rest.split_once('<') {
        let (target, after) = after.split_once('>')?;
        let parameters = after.split('<').next().unwrap_or_default();
        if parameters.split([';', ',']).any(is_next) {
            return Some(target.to_owned());
        }
        rest = after;
    }
    None
}

fn is_next(parameter: &str) -> bool {
    match parameter.trim().split_once('=') {
        Some((name, value)) => {
            name.trim().eq_ignore_ascii_case("rel")
                && value.trim().trim_matches('"').eq_ignore_ascii_case("next")
        }
        None => false,
    }
}
