//! Who a request comes from.

use super::User;
use super::routes::message;
use super::world::World;
use crate::{Answer, Recorded};

/// The check of `/oapi`: a personal access token with this scope.
pub(crate) fn check_token(world: &World, request: &Recorded, scope: &str) -> Result<(), Answer> {
    // The parameter beats the header.
    let value = request.parameter("access_token").or_else(|| bearer(request));
    let found = value.and_then(|value| world.tokens.iter().find(|token| token.value == value));
    let token = found.ok_or_else(unauthorized)?;
    token.refusal(scope, world.now()).map_or(Ok(()), Err)
}

/// The check of `/api`: a signed-in user, who is no guest when something is to be written.
pub(crate) fn check_session<'a>(world: &'a World, request: &Recorded) -> Result<&'a User, Answer> {
    let jwt = bearer(request).or_else(|| cookie(request)).ok_or_else(unauthorized)?;
    let name = world.sessions.get(jwt).ok_or_else(unauthorized)?;
    let user = world.knobs.users.iter().find(|user| user.name == *name).ok_or_else(unauthorized)?;
    if user.guest && request.method != "GET" {
        return Err(message(401, "permission deny"));
    }
    Ok(user)
}

pub(crate) fn unauthorized() -> Answer {
    message(401, "Unauthorized")
}

fn bearer(request: &Recorded) -> Option<&str> {
    let (scheme, token) = request.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

fn cookie(request: &Recorded) -> Option<&str> {
    let cookies = request.header("cookie")?;
    cookies.split(';').find_map(|cookie| cookie.trim().strip_prefix("jwt="))
}
