//! How credentials lie in the database: the one place where they turn into columns and back.

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;

use crate::StoreError;
use crate::keyring::{Keyring, Place};

/// The columns `auth_mode`, `auth_username` and `auth_secret`.
pub(crate) struct Columns {
    pub mode: &'static str,
    /// User name of mode `basic`, header name of mode `header`.
    pub username: Option<String>,
    /// Encrypted.
    pub secret: Option<String>,
}

/// `stored` is the secret that lies there now, encrypted; it stays as it is when it is the same.
pub(crate) fn to_columns(
    keys: &Keyring,
    (table, row): (&'static str, i64),
    auth: &Auth,
    stored: Option<&str>,
) -> Result<Columns, StoreError> {
    let username = match auth {
        Auth::None | Auth::Bearer { .. } => None,
        Auth::Basic { username, .. } => Some(username),
        Auth::Header { name, .. } => Some(name),
    };
    let place = Place::new(table, row, "auth_secret");
    let secret = auth.secret().map(|secret| keys.keep(place, stored, secret)).transpose()?;
    Ok(Columns { mode: auth.mode(), username: username.cloned(), secret })
}

/// Whether the secret that is stored is that of these credentials.
pub(crate) fn is_same(
    keys: &Keyring,
    (table, row): (&'static str, i64),
    stored: Option<&str>,
    auth: &Auth,
) -> bool {
    let stored = stored.map(|stored| keys.open(Place::new(table, row, "auth_secret"), stored));
    stored.as_ref() == auth.secret()
}

/// A missing part is taken for empty: the other side will refuse it and say so.
pub(crate) fn from_columns(
    keys: &Keyring,
    (table, row): (&'static str, i64),
    mode: &str,
    username: Option<String>,
    secret: Option<&str>,
) -> Auth {
    let username = username.unwrap_or_default();
    let secret = match secret {
        Some(stored) => keys.open(Place::new(table, row, "auth_secret"), stored),
        None => Secret::new(""),
    };
    match mode {
        "basic" => Auth::Basic { username, password: secret },
        "bearer" => Auth::Bearer { token: secret },
        "header" => Auth::Header { name: username, value: secret },
        _ => Auth::None,
    }
}
