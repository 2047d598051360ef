//! Addresses that users give.

use ::url::Url;

use crate::Invalid;

/// Parses an absolute http or https address with a host and without credentials, query or fragment.
/// A slash at the end is dropped, so that two ways to write an address give the same one.
pub fn endpoint(field: &str, text: &str) -> Result<Url, Invalid> {
    let mut url = absolute(field, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Invalid::new(field, "must not have a query or a fragment"));
    }
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&path);
    Ok(url)
}

/// Parses the address of a file to preheat: http or https, a query is allowed. A fragment is not: no server sees it.
pub fn file(field: &str, text: &str) -> Result<Url, Invalid> {
    let url = absolute(field, text)?;
    if url.fragment().is_some() {
        return Err(Invalid::new(field, "must not have a fragment"));
    }
    Ok(url)
}

/// An address for eyes: `?…` in place of its query, which in a presigned address is the permission to read it.
pub fn shown(url: &Url) -> String {
    match url.as_str().split_once('?') {
        Some((place, _)) => format!("{place}?…"),
        None => url.to_string(),
    }
}

/// The longest address, in bytes.
const MAX_LENGTH: usize = 4096;

fn absolute(field: &str, text: &str) -> Result<Url, Invalid> {
    if text.len() > MAX_LENGTH {
        return Err(Invalid::new(field, format!("must have at most {MAX_LENGTH} bytes")));
    }
    if text.contains(|c: char| c.is_control() || c.is_whitespace()) {
        // The parser would drop some of these silently.
        return Err(Invalid::new(field, "must not hold spaces or control characters"));
    }
    let url =
        Url::parse(text).map_err(|error| Invalid::new(field, format!("is not an http(s) URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Invalid::new(field, format!("must be an http or https URL, not '{}'", url.scheme())));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Invalid::new(field, "names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new(field, "must not hold credentials; use the credential fields"));
    }
    Ok(url)
}
