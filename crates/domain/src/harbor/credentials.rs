//! The credentials of an instance, as Harbor writes them: a mode and a map of texts.

use std::collections::BTreeMap;

use crate::auth::Auth;
use crate::{Invalid, Secret};

/// Harbor's `auth_info`: what it holds depends on the mode. The values are secret, the keys are not.
pub type AuthInfo = BTreeMap<String, Secret>;

/// Harbor's word for how an instance lets us in (Harbor 2.16, `pkg/p2p/preheat/provider/auth`). It is all that Harbor
/// shows of credentials.
pub fn mode(auth: &Auth) -> &'static str {
    match auth {
        Auth::None => "NONE",
        Auth::Basic { .. } => "BASIC",
        Auth::Bearer { .. } => "OAUTH",
        Auth::Header { .. } => "CUSTOM",
    }
}

/// Reads `auth_mode` and `auth_info` (Harbor 2.16, `pkg/p2p/preheat/provider/auth`): NONE needs nothing, OAUTH a
/// `token`, CUSTOM a header with its value, BASIC either `{"<user>":"<password>"}` or, as Harbor's console and Terraform
/// write it, `{"username":…,"password":…}`, of which Harbor itself takes one entry at random. Of several entries
/// CUSTOM takes the first by name.
///
/// # Errors
/// A complaint about `auth_mode` or `auth_info`. Harbor stores anything, and fails when the instance is used.
pub fn decode(mode: &str, info: &AuthInfo) -> Result<Auth, Invalid> {
    match mode {
        "NONE" => Ok(Auth::None),
        "BASIC" => basic(info),
        "OAUTH" => bearer(info),
        "CUSTOM" => header(info),
        _ => Err(Invalid::new("auth_mode", "must be one of NONE, BASIC, OAUTH, CUSTOM, in capitals")),
    }
}

/// What an update leaves: an empty mode is the stored one; without new entries the stored ones are carried over, also
/// under another mode; new ones replace all; NONE clears them (Harbor 2.16, `controller/p2p/preheat`).
///
/// Harbor also writes the empty mode, which locks the instance out; here the stored mode stays. Whoever moves an
/// instance to another host gives [`Auth::None`] as `stored`, so that no secret goes there unasked.
///
/// # Errors
/// Like [`decode`], also for entries that are carried over to a mode that they do not fit.
pub fn merge(stored: &Auth, new_mode: &str, info: Option<&AuthInfo>) -> Result<Auth, Invalid> {
    let new_mode = if new_mode.is_empty() { mode(stored) } else { new_mode };
    if let Some(given) = info.filter(|info| !info.is_empty()) {
        return decode(new_mode, given);
    }
    if new_mode == mode(stored) { Ok(stored.clone()) } else { decode(new_mode, &entries(stored)) }
}

/// Stored credentials in the form in which Harbor would have stored them.
fn entries(auth: &Auth) -> AuthInfo {
    let entry = match auth {
        Auth::None => None,
        Auth::Basic { username, password } => Some((username.clone(), password.clone())),
        Auth::Bearer { token } => Some(("token".to_owned(), token.clone())),
        Auth::Header { name, value } => Some((name.clone(), value.clone())),
    };
    entry.into_iter().collect()
}

fn basic(info: &AuthInfo) -> Result<Auth, Invalid> {
    let advice = r#"must be {"username":"…","password":"…"} or {"<user>":"<password>"} for BASIC"#;
    let (username, password) = match (info.get("username"), info.get("password")) {
        (Some(username), Some(password)) => (username.expose(), password),
        _ => match info.first_key_value() {
            Some((username, password)) if info.len() == 1 => (username.as_str(), password),
            _ => return Err(wrong(advice)),
        },
    };
    if username.is_empty() {
        return Err(wrong(advice));
    }
    if username.contains(':') || username.chars().any(char::is_control) {
        // Basic authentication ends the name at the first colon (RFC 7617).
        return Err(wrong("has a user name with ':' or a control character, which BASIC cannot carry"));
    }
    Ok(Auth::Basic { username: username.to_owned(), password: sendable(password)? })
}

fn bearer(info: &AuthInfo) -> Result<Auth, Invalid> {
    let token = info.get("token").filter(|token| !token.expose().is_empty());
    let token = token.ok_or_else(|| wrong(r#"must be {"token":"…"} for OAUTH"#))?;
    Ok(Auth::Bearer { token: sendable(token)? })
}

fn header(info: &AuthInfo) -> Result<Auth, Invalid> {
    let first = info.first_key_value();
    let (name, value) = first.ok_or_else(|| wrong(r#"must be {"<header>":"<value>"} for CUSTOM"#))?;
    let is_legal = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b);
    if name.is_empty() || !name.bytes().all(is_legal) {
        return Err(wrong("has a name that is not a legal header name (letters, digits and '-')"));
    }
    Ok(Auth::Header { name: name.clone(), value: sendable(value)? })
}

/// A secret with a line break could not be sent, or would add a header of its own.
fn sendable(secret: &Secret) -> Result<Secret, Invalid> {
    if secret.expose().chars().any(char::is_control) {
        return Err(wrong("must not hold control characters"));
    }
    Ok(secret.clone())
}

fn wrong(reason: &str) -> Invalid {
    Invalid::new("auth_info", reason)
}
