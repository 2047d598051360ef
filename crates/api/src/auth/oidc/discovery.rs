//! Asks the issuer where its keys are, and for the keys (OpenID Connect Discovery 1.0, 4).

use std::time::Duration;

use forewarm_http::{HttpError, Outbound, body};
use poem::http::{Method, StatusCode, header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::issuer::{Issuer, secure};
use super::key::Key;

/// For each of the two requests: somebody waits for them with a token in hand.
const TIMEOUT: Duration = Duration::from_secs(5);
/// The largest issuers' documents have some ten kilobytes.
const MOST_BYTES: usize = 512 * 1024;

#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Keys of kinds that nobody knows yet must not spoil the others, so each is read by itself.
#[derive(Deserialize)]
struct KeySet {
    keys: Vec<Value>,
}

/// The issuer's keys of now, at least one; the error says what went wrong where.
pub async fn fetch_keys(issuer: &Issuer, outbound: &Outbound) -> Result<Vec<Key>, String> {
    let place = issuer.discovery();
    let document: Document = get(outbound, place).await?;
    // Otherwise one issuer could hand out tokens in the name of another.
    if document.issuer != issuer.as_str() {
        let (found, wanted) = (document.issuer, issuer.as_str());
        return Err(format!("{place} is of the issuer {found:?} and not of {wanted:?}, to the letter"));
    }
    let place = secure(&document.jwks_uri)
        .map_err(|why| format!("{place}: jwks_uri {:?} {why}", document.jwks_uri))?;
    let set: KeySet = get(outbound, &place).await?;
    let keys: Vec<Key> = set.keys.into_iter().filter_map(Key::of).collect();
    if keys.is_empty() {
        return Err(format!("{place} holds no key for signatures of a kind that is accepted"));
    }
    Ok(keys)
}

async fn get<T: DeserializeOwned>(outbound: &Outbound, url: &Url) -> Result<T, String> {
    let failed = |error: HttpError| error.to_string();
    let request = outbound.client(false).request(Method::GET, url).map_err(failed)?;
    let sent = request.header(header::ACCEPT, "application/json").timeout(TIMEOUT).send().await;
    let response = sent.map_err(|error| failed(HttpError::from_reqwest(&error, url)))?;
    if response.status() != StatusCode::OK {
        return Err(format!("{url} answered with status {}", response.status().as_u16()));
    }
    let text = body::read(response, MOST_BYTES, url).await.map_err(failed)?;
    serde_json::from_slice(&text).map_err(|error| format!("{url} answered with something else: {error}"))
}
