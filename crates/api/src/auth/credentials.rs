//! What stands in the header `Authorization`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forewarm_domain::Secret;
use forewarm_domain::token::PREFIX;
use forewarm_store::tokens::TokenText;
use poem::Request;
use poem::http::header;

/// Credentials as they came, nothing of them verified.
pub enum Credentials {
    Password {
        name: String,
        password: Secret,
    },
    /// Of ours, also where it came as the password of Basic.
    Token(TokenText),
    /// Of an issuer, perhaps.
    Jwt(Secret),
    /// A header that holds neither.
    Unreadable,
}

impl Credentials {
    /// None = the request has no such header.
    pub fn of(request: &Request) -> Option<Self> {
        let header = request.headers().get(header::AUTHORIZATION)?;
        Some(header.to_str().ok().and_then(parse).unwrap_or(Self::Unreadable))
    }
}

fn parse(header: &str) -> Option<Credentials> {
    let (scheme, rest) = header.split_once(' ')?;
    let rest = rest.trim();
    if scheme.eq_ignore_ascii_case("basic") {
        return basic(rest);
    }
    if !scheme.eq_ignore_ascii_case("bearer") {
        return None;
    }
    if let Some(token) = TokenText::parse(rest) {
        return Some(Credentials::Token(token));
    }
    (rest.matches('.').count() == 2).then(|| Credentials::Jwt(Secret::new(rest)))
}

fn basic(encoded: &str) -> Option<Credentials> {
    let text = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (name, password) = text.split_once(':')?;
    // Postgres cannot store a NUL character, so nobody has such a name; and a token in the wrong place must not be logged
    // as the name that failed.
    if name.contains('\0') || name.starts_with(PREFIX) {
        return None;
    }
    if let Some(token) = TokenText::parse(password) {
        return Some(Credentials::Token(token));
    }
    Some(Credentials::Password { name: name.to_owned(), password: Secret::new(password) })
}
