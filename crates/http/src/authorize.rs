//! Puts credentials on a request.

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
