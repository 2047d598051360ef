//! What a sender of events proves itself with. Every comparison takes the same time, whatever is compared.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use forewarm_domain::Secret;
use forewarm_domain::registry::Registry;
use poem::Request;
use poem::http::{HeaderMap, StatusCode, header};
use ring::hmac;

use crate::error::ApiError;
use crate::layers::ClientAddress;
use crate::state::ApiState;

/// Headers that hold nothing but the secret.
const PLAIN: [&str; 2] = ["x-forewarm-secret", "x-api-key"];
/// `sha256=` and the HMAC-SHA256 of the body in hexadecimal digits.
const SIGNATURE: &str = "x-hub-signature-256";

/// Everything in a request that could be a secret, or made with one.
pub struct Proof<'a> {
    secrets: Vec<String>,
    signature: Option<Vec<u8>>,
    body: &'a [u8],
}

impl<'a> Proof<'a> {
    pub fn read(headers: &HeaderMap, query: Option<&str>, body: &'a [u8]) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
        let mut secrets: Vec<String> = PLAIN.into_iter().filter_map(text).map(str::to_owned).collect();
        secrets.extend(query.map(str::to_owned));
        if let Some(authorization) = text(header::AUTHORIZATION.as_str()) {
            secrets.push(authorization.to_owned());
            secrets.extend(within(authorization));
        }
        let signature = text(SIGNATURE).and_then(|value| value.strip_prefix("sha256="));
        Self { secrets, signature: signature.and_then(|digits| hex::decode(digits).ok()), body }
    }

    /// Whether any of the registry's secrets is behind it. All are tried, so that time tells nothing.
    pub fn is_good(&self, secrets: &[Secret]) -> bool {
        secrets.iter().fold(false, |found, secret| found | self.is_of(secret))
    }

    fn is_of(&self, secret: &Secret) -> bool {
        if secret.lock().is_some() {
            return false;
        }
        let presented = self.secrets.iter().fold(false, |found, text| found | is_same(text, secret.expose()));
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
        let signed = self.signature.as_ref().is_some_and(|tag| hmac::verify(&key, self.body, tag).is_ok());
        presented | signed
    }
}

/// The registry that a sender has proven to send for. Who fails too often has to wait, as with logins.
pub async fn sender(
    state: &ApiState,
    request: &Request,
    name: &str,
    proof: &Proof<'_>,
) -> Result<Registry, ApiError> {
    let address = request.extensions().get::<ClientAddress>().map(|client| client.0.to_string());
    state.gate.may_try(address.as_deref(), None)?;
    // To a stranger, a registry that there is not and one that takes no events are the same.
    let refused = match state.store.registries().get(name).await? {
        Some(registry) if proof.is_good(&registry.event_secrets) => return Ok(registry),
        Some(registry) => refusal(&registry),
        None => takes_none(name),
    };
    if refused.status == StatusCode::UNAUTHORIZED {
        state.gate.note_failure(address.as_deref(), None);
        tracing::warn!(address, registry = name, "events came without a good secret: {refused}");
    }
    Err(refused)
}

fn takes_none(name: &str) -> ApiError {
    let message = format!(
        "registry '{name}' takes no events: give it a secret first (`event_secrets` of the registry), and the sender \
         the same"
    );
    ApiError::new(StatusCode::UNAUTHORIZED, message)
}

/// What the sender is told. Nothing of its request is repeated or kept.
fn refusal(registry: &Registry) -> ApiError {
    let name = &registry.name;
    if let Some(locked) = registry.event_secrets.iter().find_map(Secret::lock) {
        // It may have been the right one: senders come again after a 503.
        let message =
            format!("a secret of registry '{name}' cannot be opened now; the server's log says why");
        let error = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message);
        return ApiError { cause: Some(locked.reason.clone()), ..error };
    }
    if registry.event_secrets.is_empty() {
        return takes_none(name);
    }
    let message = format!(
        "the secret is missing or wrong: send one of the `event_secrets` of registry '{name}' in Authorization (as it \
         is, after Bearer, or as the password of Basic), X-Forewarm-Secret or X-Api-Key, or sign the body with it in \
         X-Hub-Signature-256"
    );
    ApiError::new(StatusCode::UNAUTHORIZED, message)
}

/// The token of `Bearer`, or the password of `Basic`.
fn within(authorization: &str) -> Option<String> {
    let (scheme, rest) = authorization.split_once(' ')?;
    match scheme.to_ascii_lowercase().as_str() {
        "bearer" => Some(rest.trim().to_owned()),
        "basic" => {
            let decoded = String::from_utf8(BASE64_STANDARD.decode(rest.trim()).ok()?).ok()?;
            decoded.split_once(':').map(|(_, password)| password.to_owned())
        }
        _ => None,
    }
}

/// Compares hashes of both, under a key that does not matter: `verify` takes the same time for any two.
fn is_same(presented: &str, secret: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"forewarm events");
    let expected = hmac::sign(&key, secret.as_bytes());
    hmac::verify(&key, presented.as_bytes(), expected.as_ref()).is_ok()
}
