//! How the addresses of files lie in the database: as they are, but for the query, which is encrypted. In a presigned
//! address it is the permission to read the file.

use url::Url;

use crate::StoreError;
use crate::keyring::{Keyring, Place};

pub(crate) fn seal(keys: &Keyring, place: Place<'_>, urls: &[Url]) -> Result<Vec<Url>, StoreError> {
    let seal = |url: &Url| -> Result<Url, StoreError> {
        let mut sealed = url.clone();
        if let Some(query) = url.query() {
            sealed.set_query(Some(&keys.seal(place, query)?));
        }
        Ok(sealed)
    };
    urls.iter().map(seal).collect()
}

/// Opens the queries in their place; the reason why, if one of them cannot be.
pub(crate) fn open(keys: &Keyring, place: Place<'_>, urls: &mut [Url]) -> Option<String> {
    let mut reason = None;
    for url in urls {
        let Some(secret) = url.query().map(|query| keys.open(place, query)) else { continue };
        match secret.lock() {
            Some(locked) => reason = Some(locked.reason.clone()),
            None => url.set_query(Some(secret.expose())),
        }
    }
    reason
}

/// Hands the query of an address to `change`, if it has one.
pub(crate) fn each(
    place: Place<'_>,
    text: &mut String,
    change: &mut dyn FnMut(Place<'_>, &mut String) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Some((address, query)) = text.split_once('?') else { return Ok(()) };
    let mut query = query.to_owned();
    change(place, &mut query)?;
    *text = format!("{address}?{query}");
    Ok(())
}
