//! How credentials lie in the database: the one place where they turn into columns and back.

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;

/// The columns `auth_mode`, `auth_username` and `auth_secret`.
pub(crate) struct Columns {
    pub mode: &'static str,
    /// User name of mode `basic`, header name of mode `header`.
    pub username: Option<String>,
    pub secret: Option<String>,
}

pub(crate) fn to_columns(auth: &Auth) -> Columns {
    let (username, secret) = match auth {
        Auth::None => (None, None),
        Auth::Basic { username, password } => (Some(username), Some(password)),
        Auth::Bearer { token } => (None, Some(token)),
        Auth::Header { name, value } => (Some(name), Some(value)),
    };
    Columns {
        mode: auth.mode(),
        username: username.cloned(),
        secret: secret.map(|secret| secret.expose().to_owned()),
    }
}

/// A missing part is taken for empty: the other side will refuse it and say so.
pub(crate) fn from_columns(mode: &str, username: Option<String>, secret: Option<String>) -> Auth {
    let username = username.unwrap_or_default();
    let secret = Secret::new(secret.unwrap_or_default());
    match mode {
        "basic" => Auth::Basic { username, password: secret },
        "bearer" => Auth::Bearer { token: secret },
        "header" => Auth::Header { name: username, value: secret },
        _ => Auth::None,
    }
}
