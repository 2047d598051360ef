//! Who may read a fake registry.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::state::State;
use crate::{Answer, Recorded};

/// How the registry checks its clients.
#[derive(Debug, Clone, Default)]
pub enum Auth {
    #[default]
    None,
    Basic {
        username: String,
        password: String,
    },
    Bearer(Bearer),
}

/// Tokens of a token server, per scope.
#[derive(Debug, Clone)]
pub struct Bearer {
    /// Username and password that the token server takes. `None`: nobody has an account.
    pub account: Option<(String, String)>,
    /// Whether a client without credentials gets tokens too.
    pub anonymous: bool,
    /// Repositories that an anonymous client's token does not open.
    pub private: BTreeSet<String>,
    /// Whether the account may list the catalog.
    pub catalog: bool,
    /// How long a token is good for, by the registry's clock.
    pub ttl: Duration,
    /// Whether the answer says `expires_in`; clients must take 60 s for granted otherwise.
    pub says_expiry: bool,
    /// The token server listens on a port of its own.
    pub other_port: bool,
    /// The answer's key: `token` or `access_token`.
    pub key: String,
}

impl Default for Bearer {
    fn default() -> Self {
        Self {
            account: None,
            anonymous: true,
            private: BTreeSet::new(),
            catalog: true,
            ttl: Duration::from_secs(300),
            says_expiry: true,
            other_port: false,
            key: "token".to_owned(),
        }
    }
}

impl Auth {
    pub fn basic(username: &str, password: &str) -> Self {
        Self::Basic { username: username.to_owned(), password: password.to_owned() }
    }

    /// Tokens for this account alone.
    pub fn bearer(username: &str, password: &str) -> Self {
        let account = Some((username.to_owned(), password.to_owned()));
        Self::Bearer(Bearer { account, anonymous: false, ..Bearer::default() })
    }
}

/// `None` when the request may go on; otherwise the refusal. `scope` is what the path needs, if anything.
pub(crate) fn refusal(state: &State, request: &Recorded, scope: Option<&str>) -> Option<Answer> {
    match &state.knobs.auth {
        Auth::None => None,
        Auth::Basic { username, password } => {
            let given = basic_pair(request);
            let right = given.is_some_and(|(user, pass)| user == *username && pass == *password);
            (!right).then(|| unauthorized(r#"Basic realm="forewarm fake registry""#.to_owned()))
        }
        Auth::Bearer(_) => {
            let fault = super::token::check(state, request, scope).err()?;
            Some(unauthorized(challenge(state, scope, fault)))
        }
    }
}

/// The username and password of a Basic `Authorization`.
pub(crate) fn basic_pair(request: &Recorded) -> Option<(String, String)> {
    let header = request.header("authorization")?;
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (username, password) = decoded.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}

fn challenge(state: &State, scope: Option<&str>, fault: &str) -> String {
    let mut challenge = format!(r#"Bearer realm="{}",service="{}""#, state.realm, super::token::SERVICE);
    if let Some(scope) = scope {
        challenge += &format!(r#",scope="{scope}""#);
    }
    if !fault.is_empty() {
        challenge += &format!(r#",error="{fault}""#);
    }
    challenge
}

fn unauthorized(challenge: String) -> Answer {
    super::routes::error(401, "UNAUTHORIZED", "authentication required").header("www-authenticate", challenge)
}
