//! Puts credentials on a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use reqwest::RequestBuilder;
use reqwest::header::HeaderValue;

use crate::{ErrorKind, HttpError};

/// Adds the header that `auth` calls for.
pub fn authorize(request: RequestBuilder, auth: &Auth) -> Result<RequestBuilder, HttpError> {
    unlocked(auth)?;
    Ok(match auth {
        Auth::None => request,
        Auth::Basic { username, password } => request.basic_auth(username, Some(password.expose())),
        Auth::Bearer { token } => request.bearer_auth(token.expose()),
        Auth::Header { name, value } => match HeaderValue::from_str(value.expose()) {
            Ok(mut value) => {
                // Libraries print it in their traces otherwise.
                value.set_sensitive(true);
                request.header(name, value)
            }
            // Refused when the request is sent.
            Err(_) => request.header(name, value.expose()),
        },
    })
}

/// Refuses credentials whose secret cannot be opened: without it the other side would only say that it is wrong.
pub(crate) fn unlocked(auth: &Auth) -> Result<(), HttpError> {
    match auth.locked() {
        Some(reason) => Err(HttpError::new(ErrorKind::Locked, reason)),
        None => Ok(()),
    }
}

/// The value of an `Authorization` header with user name and password.
pub fn basic(username: &str, password: &Secret) -> Secret {
    let pair = format!("{username}:{}", password.expose());
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}
