//! Puts credentials on a request.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use reqwest::RequestBuilder;

/// Adds the header that `auth` calls for.
pub fn authorize(request: RequestBuilder, auth: &Auth) -> RequestBuilder {
    match auth {
        Auth::None => request,
        Auth::Basic { username, password } => request.basic_auth(username, Some(password.expose())),
        Auth::Bearer { token } => request.bearer_auth(token.expose()),
        Auth::Header { name, value } => request.header(name, value.expose()),
    }
}

/// The value of an `Authorization` header with user name and password.
pub fn basic(username: &str, password: &Secret) -> Secret {
    let pair = format!("{username}:{}", password.expose());
    Secret::new(format!("Basic {}", STANDARD.encode(pair)))
}
