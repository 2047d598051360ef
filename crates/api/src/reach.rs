//! Addresses that users give, refused at once where they could never be connected to.

use forewarm_domain::{Invalid, url as address};
use forewarm_http::Outbound;
use url::Url;

/// An endpoint to be stored. One that is `stored` already may stay: the rules may have changed since, and its row must
/// still be editable; every request to it is judged anyway.
pub fn endpoint(outbound: &Outbound, field: &str, text: &str, stored: Option<&Url>) -> Result<Url, Invalid> {
    let url = address::endpoint(field, text)?;
    if stored == Some(&url) { Ok(url) } else { permitted(outbound, field, url) }
}

/// The address of a file that engines shall fetch. They sit in the same networks as we do, so the same rules hold.
pub fn file(outbound: &Outbound, field: &str, text: &str) -> Result<Url, Invalid> {
    permitted(outbound, field, address::file(field, text)?)
}

fn permitted(outbound: &Outbound, field: &str, url: Url) -> Result<Url, Invalid> {
    match outbound.judge(&url) {
        Ok(()) => Ok(url),
        Err(refusal) => Err(Invalid::new(field, format!("must not be connected to: {refusal}"))),
    }
}
