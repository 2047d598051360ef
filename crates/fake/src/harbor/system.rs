//! What Harbor says of itself.

use serde_json::json;

use super::account::{require_someone, who};
use super::world::World;
use crate::{Answer, Recorded, lock};

/// The version that this fake follows (goharbor/harbor c50c7ddd).
const VERSION: &str = "v2.16.0-c50c7ddd";

pub(crate) fn health() -> Answer {
    let components = ["core", "database", "jobservice", "portal", "redis", "registry", "registryctl"];
    let components: Vec<_> = components.map(|name| json!({"name": name, "status": "healthy"})).into();
    Answer::new(200).json(&json!({"status": "healthy", "components": components}))
}

/// `GET /systeminfo`: the version is told to those who have signed in alone.
pub(crate) fn info(world: &World, request: &Recorded) -> Answer {
    let mut info = json!({
        "auth_mode": "db_auth", "primary_auth_mode": false, "self_registration": false, "banner_message": "",
        "oidc_provider_name": "",
    });
    if who(&lock(&world.data), request).is_some() {
        info["harbor_version"] = json!(VERSION);
        info["external_url"] = json!(world.url);
        info["registry_url"] = json!(world.url.trim_start_matches("http://"));
        info["read_only"] = json!(false);
        info["has_ca_root"] = json!(false);
        info["project_creation_restriction"] = json!("everyone");
        info["registry_storage_provider_name"] = json!("filesystem");
        info["notification_enable"] = json!(true);
        info["current_time"] = json!("2026-08-21T08:00:00.000Z");
    }
    Answer::new(200).json(&info)
}

/// `GET /users/current`: a robot is no user, and is told so.
pub(crate) fn user(world: &World, request: &Recorded) -> Result<Answer, Answer> {
    require_someone(world, request)?;
    match who(&lock(&world.data), request) {
        Some(account) if account.scope.is_none() => Ok(Answer::new(200).json(&json!({
            "user_id": 1, "username": account.name, "sysadmin_flag": true, "creation_time": "2026-08-21T08:00:00.000Z",
        }))),
        _ => {
            let message = "get current user not available for security context: robot";
            Err(super::routes::error(412, "PRECONDITION", message))
        }
    }
}

/// The system's list of CVEs that do not count.
pub(crate) fn allowlist(world: &World, request: &Recorded) -> Result<Answer, Answer> {
    require_someone(world, request)?;
    Ok(Answer::new(200).json(&lock(&world.data).system_allowlist.view(0)))
}
