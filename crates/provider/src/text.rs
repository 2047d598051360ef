//! Words of engines, made safe to keep and to show.

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::task_log::printable;
use forewarm_http::authorize::basic;
use url::Url;

use crate::Preheat;
use crate::preheat::Subject;

/// The most that is kept of one text of an engine, in bytes.
const LONGEST: usize = 2 * 1024;
/// What lies behind this is not even looked at: an engine may answer with megabytes.
const EXAMINED: usize = 16 * 1024;
/// Shorter values are no secrets, and blotting them out would make every text unreadable.
const SHORTEST_SECRET: usize = 8;

/// Blots out what must not be seen: engines have been known to repeat a request's headers in their error texts.
#[derive(Debug, Clone, Default)]
pub(crate) struct Blotter {
    secrets: Vec<Secret>,
    /// Addresses whose query is no one's business.
    addresses: Vec<Secret>,
}

impl Blotter {
    /// Hides the credentials of an engine.
    pub(crate) fn of(auth: &Auth) -> Self {
        let mut blotter = Self::default();
        blotter.hide(auth.secret());
        blotter
    }

    /// Hides the credentials of a task, too.
    #[must_use]
    pub(crate) fn and(mut self, preheat: &Preheat) -> Self {
        self.hide(preheat.origin.headers.values());
        self.hide(&preheat.origin.password);
        if let (Some(username), Some(password)) = (&preheat.origin.username, &preheat.origin.password) {
            self.hide(&Some(basic(username, password)));
        }
        match &preheat.subject {
            Subject::Image(image) => self.hide(&image.access),
            Subject::Files { urls } => {
                self.hide(&query_values(urls));
                let signed = urls.iter().filter(|url| url.query().is_some());
                self.addresses = signed.map(|url| Secret::new(url.as_str())).collect();
            }
        }
        self
    }

    /// The text on one line, without control characters and secrets, cut at 2 KiB.
    pub(crate) fn clean(&self, text: &str) -> String {
        let mut text = head(text, EXAMINED).to_owned();
        for address in self.addresses.iter().map(Secret::expose) {
            if text.contains(address) {
                text = text.replace(address, &without_values(address));
            }
        }
        for secret in &self.secrets {
            if text.contains(secret.expose()) {
                text = text.replace(secret.expose(), "***");
            }
        }
        clip(&without_tokens(&text), LONGEST)
    }

    fn hide<'a>(&mut self, secrets: impl IntoIterator<Item = &'a Secret>) {
        for secret in secrets {
            let value = secret.expose();
            // Of "Bearer <token>" the token alone is the secret.
            let token = value.rsplit(' ').next().unwrap_or(value);
            if token.len() >= SHORTEST_SECRET {
                self.secrets.push(Secret::new(token));
            }
        }
    }
}

/// The values in the queries of these addresses, as they are written there and as they are meant.
fn query_values(urls: &[Url]) -> Vec<Secret> {
    let written = |url: &Url| -> Vec<String> {
        let pairs = url.query().unwrap_or_default().split('&');
        pairs.map(|pair| pair.split_once('=').map_or(pair, |(_, value)| value).to_owned()).collect()
    };
    let meant = |url: &Url| -> Vec<String> { url.query_pairs().map(|(_, value)| value.into()).collect() };
    urls.iter().flat_map(|url| [written(url), meant(url)].concat()).map(Secret::new).collect()
}

/// An address with `***` for the values of its query: the query of a presigned address is the permission to read it.
pub(crate) fn without_values(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else {
        return url.to_owned();
    };
    let shown = query.split('&').map(|pair| match pair.split_once('=') {
        Some((name, _)) => format!("{name}=***"),
        None => "***".to_owned(),
    });
    format!("{path}?{}", shown.collect::<Vec<_>>().join("&"))
}

/// Leaves out what follows the word `Bearer` or `Basic`: the token of a task is not known any more when its end is
/// looked at.
fn without_tokens(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = next_scheme(rest) {
        let (before, after) = rest.split_at(at);
        let length = after.find(|c: char| !is_of_token(c)).unwrap_or(after.len());
        shown.push_str(before);
        shown.push_str(if length < SHORTEST_SECRET { &after[..length] } else { "***" });
        rest = &after[length..];
    }
    shown + rest
}

/// The place after the next name of an authentication scheme.
fn next_scheme(text: &str) -> Option<usize> {
    ["Bearer ", "bearer ", "Basic ", "basic "]
        .iter()
        .filter_map(|scheme| text.find(scheme).map(|at| at + scheme.len()))
        .min()
}

/// The characters of a token and of base64 (RFC 6750, RFC 7617).
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~+/=*".contains(c)
}

/// Printable text of at most `limit` bytes.
pub(crate) fn clip(text: &str, limit: usize) -> String {
    let text = printable(text);
    match head(&text, limit) {
        whole if whole.len() == text.len() => text,
        cut => format!("{cut}…"),
    }
}

fn head(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

/// The first few of a long list, and how many more there are.
pub(crate) fn some_of(items: &[String], most: usize) -> String {
    let shown = items.iter().take(most).cloned().collect::<Vec<_>>().join(", ");
    match items.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// "1 blob", "3 blobs".
pub(crate) fn plural(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}
