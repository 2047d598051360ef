//! Credentials of registries and instances: what goes in, and the little that comes out.

use forewarm_domain::auth::Auth;
use forewarm_domain::{Invalid, Secret};
use poem_openapi::types::MaybeUndefined;
use poem_openapi::{Enum, Object};
use url::Url;

/// How Forewarm introduces itself to the other side.
#[derive(Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[oai(rename_all = "snake_case")]
pub enum AuthMode {
    /// Without credentials.
    None,
    /// User name and password.
    Basic,
    /// `Authorization: Bearer`, for example a Dragonfly personal access token.
    Bearer,
    /// One header of your choice.
    Header,
}

/// Credentials, as far as they may be seen.
#[derive(Object, Debug)]
#[oai(skip_serializing_if_is_none)]
pub struct AuthView {
    mode: AuthMode,
    /// User name of mode basic.
    username: Option<String>,
    /// Header name of mode header.
    header: Option<String>,
    /// Whether a password, token or header value is stored. The secret itself is never shown.
    secret_set: bool,
}

/// Credentials to be stored.
#[derive(Object, Debug)]
pub struct AuthWrite {
    mode: AuthMode,
    /// User name; needed with mode basic.
    #[oai(validator(max_length = 255))]
    username: Option<String>,
    /// Header name; needed with mode header.
    #[oai(validator(max_length = 100))]
    header: Option<String>,
    /// Password, token or header value. Left out of an update it stays as it is; null clears it. It has to be given
    /// again when the address moves to another host.
    #[oai(nullable, validator(max_length = 8192))]
    secret: MaybeUndefined<String>,
}

impl From<&Auth> for AuthView {
    fn from(auth: &Auth) -> Self {
        let (mode, username, header) = match auth {
            Auth::None => (AuthMode::None, None, None),
            Auth::Basic { username, .. } => (AuthMode::Basic, Some(username), None),
            Auth::Bearer { .. } => (AuthMode::Bearer, None, None),
            Auth::Header { name, .. } => (AuthMode::Header, None, Some(name)),
        };
        Self {
            mode,
            username: username.cloned(),
            header: header.cloned(),
            secret_set: auth
                .secret()
                .is_some_and(|secret| secret.lock().is_some() || !secret.expose().is_empty()),
        }
    }
}

impl AuthWrite {
    /// The credentials that are meant. `stored` are those of now, if they may be used further.
    fn resolve(&self, stored: Option<&Auth>) -> Result<Auth, Invalid> {
        if self.mode == AuthMode::None {
            return Ok(Auth::None);
        }
        let secret = self.secret(stored)?;
        match self.mode {
            AuthMode::None => Ok(Auth::None),
            AuthMode::Bearer => Ok(Auth::Bearer { token: secret }),
            AuthMode::Basic => {
                Ok(Auth::Basic { username: needed("username", self.username.as_ref())?, password: secret })
            }
            AuthMode::Header => Ok(Auth::Header {
                name: header_name(&needed("header", self.header.as_ref())?)?,
                value: secret,
            }),
        }
    }

    fn secret(&self, stored: Option<&Auth>) -> Result<Secret, Invalid> {
        let kept = stored.filter(|stored| AuthView::from(*stored).mode == self.mode);
        match (&self.secret, kept) {
            (MaybeUndefined::Value(text), _) => header_value(text).map(|()| Secret::new(text)),
            (MaybeUndefined::Undefined, Some(Auth::Basic { password: secret, .. }))
            | (MaybeUndefined::Undefined, Some(Auth::Bearer { token: secret }))
            | (MaybeUndefined::Undefined, Some(Auth::Header { value: secret, .. })) => Ok(secret.clone()),
            (MaybeUndefined::Null, _) if self.mode == AuthMode::Basic => Ok(Secret::new("")),
            _ => Err(Invalid::new(
                "auth.secret",
                "is required for this mode (a stored one is kept only while mode and host stay the same)",
            )),
        }
    }
}

/// The credentials that are meant for `url`. Stored ones stay only while the address stays on its host.
pub fn resolve(wish: Option<&AuthWrite>, stored: Option<(&Url, &Auth)>, url: &Url) -> Result<Auth, Invalid> {
    let same_host = stored.is_some_and(|(old, _)| old.origin() == url.origin());
    match (wish, stored) {
        (Some(wish), Some((_, auth))) if same_host => wish.resolve(Some(auth)),
        (Some(wish), _) => wish.resolve(None),
        (None, Some((_, auth))) => keep(auth, same_host),
        (None, None) => Ok(Auth::None),
    }
}

/// What an update leaves as it is: the credentials of now, unless they would go to another host.
fn keep(stored: &Auth, same_host: bool) -> Result<Auth, Invalid> {
    if same_host || *stored == Auth::None {
        return Ok(stored.clone());
    }
    Err(Invalid::new(
        "auth",
        "must be given again when the address moves to another host, so that no stored secret goes there unasked",
    ))
}

fn needed(field: &str, value: Option<&String>) -> Result<String, Invalid> {
    value
        .filter(|value| !value.is_empty())
        .cloned()
        .ok_or_else(|| Invalid::new(format!("auth.{field}"), "is required for this mode"))
}

fn header_name(name: &str) -> Result<String, Invalid> {
    poem::http::HeaderName::try_from(name)
        .map(|_| name.to_owned())
        .map_err(|_| Invalid::new("auth.header", "is not a legal header name"))
}

/// A secret with a line break could not be sent, or would add a header of its own.
fn header_value(text: &str) -> Result<(), Invalid> {
    if text.chars().any(char::is_control) {
        return Err(Invalid::new("auth.secret", "must not contain control characters"));
    }
    Ok(())
}
