//! `/service/token`: registry tokens for the same name and password as the API's.

use chrono::{DateTime, Utc};
use serde_json::json;

use super::account::{may, who};
use super::routes::error;
use super::world::World;
use crate::clock::delta;
use crate::{Answer, Recorded, lock};

/// The word for itself in challenges.
pub(crate) const SERVICE: &str = "harbor-registry";

/// A token that was given: the repositories that it opens.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    repositories: Vec<String>,
    expires_at: DateTime<Utc>,
}

/// Grants what the account may do of what is asked for. Strangers get a token as well if they ask for something; it may
/// open nothing.
pub(crate) fn grant(world: &World, request: &Recorded) -> Answer {
    if request.method != "GET" {
        return error(405, "METHOD_NOT_ALLOWED", "tokens are asked for with GET");
    }
    let scopes = request.query.iter().filter(|(key, _)| key == "scope");
    let scopes: Vec<&str> = scopes.flat_map(|(_, value)| value.split(' ')).collect();
    let repositories = world.with(|data, _| {
        let account = who(data, request);
        if account.is_none() && scopes.is_empty() {
            return None;
        }
        let asked = scopes.iter().filter_map(|scope| repository(scope));
        let pulls = |name: &&str| {
            let project = name.split('/').next().unwrap_or_default();
            may(data, account.as_ref(), project, "repository:pull")
        };
        Some(asked.filter(pulls).map(str::to_owned).collect::<Vec<_>>())
    });
    match repositories {
        Some(repositories) => given(world, repositories),
        None => error(401, "UNAUTHORIZED", "Unauthorized"),
    }
}

/// Whether the request's token opens the repository; a token of any kind does where there is none.
pub(crate) fn opens(world: &World, request: &Recorded, repository: Option<&str>) -> bool {
    let header = request.header("authorization").unwrap_or_default();
    let Some(("Bearer", token)) = header.split_once(' ') else {
        return false;
    };
    let tokens = lock(&world.tokens);
    let good = tokens.get(token).filter(|token| token.expires_at > world.knobs.clock.now());
    good.is_some_and(|token| repository.is_none_or(|name| token.repositories.iter().any(|own| own == name)))
}

fn given(world: &World, repositories: Vec<String>) -> Answer {
    let token = format!("harbor-token-{}", uuid::Uuid::new_v4().simple());
    let now = world.knobs.clock.now();
    let expires_at = now + delta(world.knobs.token_ttl);
    lock(&world.tokens).insert(token.clone(), Token { repositories, expires_at });
    Answer::new(200).json(&json!({
        "token": token, "access_token": "", "expires_in": world.knobs.token_ttl.as_secs(),
        "issued_at": now.to_rfc3339_opts(chrono::SecondsFormat::Secs, true),
    }))
}

/// The repository that a scope asks to pull from: `repository:team/app:pull,push`.
fn repository(scope: &str) -> Option<&str> {
    let (name, actions) = scope.strip_prefix("repository:")?.rsplit_once(':')?;
    actions.split(',').any(|action| action == "pull").then_some(name)
}
