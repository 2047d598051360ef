//! The token server of a fake registry.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::auth::{Auth, Bearer, basic_pair};
use super::state::State;
use crate::clock::delta;
use crate::{Answer, Recorded, lock};

pub(crate) const SERVICE: &str = "forewarm-fake-registry";

/// A token that was given.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    scopes: Vec<String>,
    expires_at: DateTime<Utc>,
}

/// `GET /token?service=…&scope=…`
pub(crate) fn grant(state: &State, request: &Recorded) -> Answer {
    let Auth::Bearer(bearer) = &state.knobs.auth else {
        return super::routes::error(404, "NOT_FOUND", "no token server here");
    };
    if request.method != "GET" {
        return super::routes::error(405, "UNSUPPORTED", "tokens are asked for with GET");
    }
    let account = basic_pair(request);
    let known = account.is_some() && account == bearer.account;
    if !known && (account.is_some() || !bearer.anonymous) {
        return super::routes::error(401, "UNAUTHORIZED", "incorrect username or password");
    }
    let scopes = granted(bearer, request, known);
    let token = format!("token-{}", uuid::Uuid::new_v4().simple());
    let expires_at = state.knobs.clock.now() + delta(bearer.ttl);
    lock(&state.tokens).insert(token.clone(), Token { scopes, expires_at });
    Answer::new(200).json(&answer(bearer, &token))
}

/// Whether the request's token is good for `scope`; the error is the word for the challenge.
pub(crate) fn check(state: &State, request: &Recorded, scope: Option<&str>) -> Result<(), &'static str> {
    let header = request.header("authorization").unwrap_or_default();
    let Some(("Bearer", token)) = header.split_once(' ') else {
        return Err("");
    };
    let tokens = lock(&state.tokens);
    let token = tokens.get(token).ok_or("invalid_token")?;
    if token.expires_at <= state.knobs.clock.now() {
        return Err("invalid_token");
    }
    match scope {
        Some(scope) if !token.scopes.iter().any(|given| given == scope) => Err("insufficient_scope"),
        _ => Ok(()),
    }
}

/// A token server answers 200 also when it grants less than was asked for.
fn granted(bearer: &Bearer, request: &Recorded, known: bool) -> Vec<String> {
    let asked = request.query.iter().filter(|(key, _)| key == "scope");
    let single = asked.flat_map(|(_, value)| value.split(' ')).flat_map(expand);
    single.filter(|scope| may(bearer, scope, known)).collect()
}

/// `repository:x:pull,push` is `repository:x:pull` and `repository:x:push`.
fn expand(scope: &str) -> Vec<String> {
    match scope.rsplit_once(':') {
        Some((resource, actions)) => {
            actions.split(',').map(|action| format!("{resource}:{action}")).collect()
        }
        None => Vec::new(),
    }
}

fn may(bearer: &Bearer, scope: &str, known: bool) -> bool {
    if scope == "registry:catalog:*" {
        return bearer.catalog && (known || bearer.account.is_none());
    }
    let repository = scope.strip_prefix("repository:").and_then(|rest| rest.strip_suffix(":pull"));
    repository.is_some_and(|name| known || !bearer.private.contains(name))
}

fn answer(bearer: &Bearer, token: &str) -> Value {
    let mut answer = json!({});
    answer[&bearer.key] = json!(token);
    if bearer.says_expiry {
        answer["expires_in"] = json!(bearer.ttl.as_secs());
    }
    answer
}
