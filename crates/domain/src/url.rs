//! Addresses that users give.

use ::url::Url;

use crate::Invalid;

/// Parses an absolute http or https address with a host and without credentials, query or fragment.
/// A trailing slash is dropped, so that paths can be appended.
pub fn endpoint(field: &str, text: &str) -> Result<Url, Invalid> {
    let url = absolute(field, text)?;
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Invalid::new(field, "must not have a query or a fragment"));
    }
    Ok(url)
}

/// Parses the address of a file to preheat: http or https, a query is allowed.
pub fn file(field: &str, text: &str) -> Result<Url, Invalid> {
    absolute(field, text)
}

fn absolute(field: &str, text: &str) -> Result<Url, Invalid> {
    let url =
        Url::parse(text).map_err(|error| Invalid::new(field, format!("is not an http(s) URL: {error}")))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(Invalid::new(
            field,
            format!("must be an http or https URL, not '{}'", url.scheme()),
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Err(Invalid::new(field, "names no host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Invalid::new(
            field,
            "must not hold credentials; use the credential fields",
        ));
    }
    Ok(url)
}
