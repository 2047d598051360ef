//! The `/v2/` side: the registry's own content behind Harbor's accounts and the rules of its projects.

use super::account::{may, who};
use super::routes::error;
use super::world::World;
use super::{rules, token};
use crate::registry::main_answer;
use crate::{Answer, Recorded};

/// Checks who asks, then lets the registry answer.
pub(crate) fn answer(world: &World, request: &Recorded) -> Answer {
    let path = request.path.strip_prefix("/v2").unwrap_or_default().trim_start_matches('/');
    let repository = repository(path);
    let let_in = match path {
        "" => token::opens(world, request, None) || is_someone(world, request),
        "_catalog" => is_admin(world, request),
        _ => opens(world, request, repository.unwrap_or_default()),
    };
    if !let_in {
        return refused(world, request, repository);
    }
    let pull = path.contains("/manifests/");
    if let Some(repository) = repository.filter(|_| pull && world.knobs.pull_rules)
        && let Some(reference) = path.rsplit('/').next()
        && let Some(violation) = rules::violation(world, repository, reference)
    {
        return error(412, "PROJECTPOLICYVIOLATION", &violation);
    }
    let answer = main_answer(&world.distribution, request);
    answer.header("docker-distribution-api-version", "registry/2.0")
}

fn repository(path: &str) -> Option<&str> {
    if let Some(name) = path.strip_suffix("/tags/list") {
        return Some(name);
    }
    let (before, _) = path.rsplit_once('/')?;
    let (name, kind) = before.rsplit_once('/')?;
    matches!(kind, "manifests" | "blobs" | "referrers").then_some(name)
}

/// Harbor takes a token and, as few registries do, a name and password right here.
fn opens(world: &World, request: &Recorded, repository: &str) -> bool {
    let project = repository.split('/').next().unwrap_or_default();
    let password = |world: &World| {
        world.with(|data, _| {
            let account = who(data, request);
            may(data, account.as_ref(), project, "repository:pull")
        })
    };
    let signed = request.header("authorization").is_some();
    signed && (token::opens(world, request, Some(repository)) || password(world))
}

fn is_someone(world: &World, request: &Recorded) -> bool {
    world.with(|data, _| who(data, request).is_some())
}

fn is_admin(world: &World, request: &Recorded) -> bool {
    world.with(|data, _| who(data, request).is_some_and(|account| account.scope.is_none()))
}

/// Whoever brought something that was not good enough is asked for a password, not for a token (`middleware/v2auth`
/// of Harbor 2.16).
fn refused(world: &World, request: &Recorded, repository: Option<&str>) -> Answer {
    let tried = request.header("authorization").is_some();
    let challenge = if tried || request.path == "/v2/_catalog" {
        r#"Basic realm="harbor""#.to_owned()
    } else {
        let scope = repository.map(|name| format!(r#",scope="repository:{name}:pull""#)).unwrap_or_default();
        format!(r#"Bearer realm="{}/service/token",service="{}"{scope}"#, world.url, token::SERVICE)
    };
    let message = match repository {
        Some(name) => format!("unauthorized to access repository: {name}, action: pull"),
        None => "unauthorized".to_owned(),
    };
    error(401, "UNAUTHORIZED", &message).header("www-authenticate", challenge)
}
