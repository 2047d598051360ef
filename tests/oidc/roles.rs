//! What somebody may do who came with a token of the issuer.

use poem::http::Method;
use serde_json::{Value, json};

use super::{ME, Scene};

const SUBJECT: &str = "system:serviceaccount:ci:deployer";

/// What reading and running answers in a project.
async fn statuses(scene: &Scene, token: &str, project: &str) -> (u16, u16) {
    let path = format!("/api/v1/projects/{project}");
    let policy = json!({ "name": "nightly", "filters": [], "instances": ["edge"] });
    let seen = scene.get(token, &path).await.status;
    let made = scene.by(token, Method::POST, &format!("{path}/policies"), Some(&policy)).await.status;
    (seen, made)
}

#[tokio::test]
async fn groups_give_roles_in_the_projects_that_are_named_and_in_no_others() {
    for (group, shop, lab) in [
        ("shop-team", (200, 201), (404, 404)),
        ("readers", (200, 403), (200, 403)),
        ("everywhere", (200, 403), (200, 403)),
        ("ops", (200, 201), (200, 201)),
        ("nobody-s", (404, 404), (404, 404)),
        // Neither a rule for a subject nor a role is a group.
        ("system_admin", (404, 404), (404, 404)),
        ("sub:system:serviceaccount:ci:deployer", (404, 404), (404, 404)),
    ] {
        let scene = Scene::start().await;
        let token = scene.of_group(group);
        assert_eq!(statuses(&scene, &token, "shop").await, shop, "{group} in shop");
        assert_eq!(statuses(&scene, &token, "lab").await, lab, "{group} in lab");
    }
}

#[tokio::test]
async fn several_groups_add_up() {
    let scene = Scene::start().await;
    let token = scene.token(&json!({ "groups": ["readers", "shop-team", "others"] }));
    assert_eq!(statuses(&scene, &token, "shop").await, (200, 201));
    assert_eq!(statuses(&scene, &token, "lab").await, (200, 403));
}

#[tokio::test]
async fn only_system_administrators_get_at_what_belongs_to_no_project() {
    let scene = Scene::start().await;
    for (group, status) in [("ops", 200), ("shop-team", 403), ("everywhere", 403)] {
        let answer = scene.get(&scene.of_group(group), "/api/v1/registries").await;
        assert_eq!(answer.status, status, "{group}");
    }
}

#[tokio::test]
async fn the_caller_is_told_who_it_is_and_what_it_may_do() {
    let scene = Scene::start().await;
    let me = scene.get(&scene.of_group("readers"), ME).await.json();
    let grants = json!([{ "role": "project_viewer", "projects": ["shop", "lab"] }]);
    assert_eq!(me, json!({ "name": "oidc:ada", "came_with": "identity", "grants": grants }));
    let nobody = scene.get(&scene.token(&json!({})), ME).await.json();
    assert_eq!(nobody["grants"], json!([]));
}

#[tokio::test]
async fn without_the_claim_for_the_name_it_is_the_subject() {
    let scene = Scene::start().await;
    for (claims, name) in [
        (json!({ "preferred_username": null }), "oidc:7d1c"),
        (json!({ "preferred_username": "admin" }), "oidc:admin"),
        (json!({ "preferred_username": null, "sub": "oidc:x" }), "oidc:oidc:x"),
    ] {
        assert_eq!(scene.get(&scene.token(&claims), ME).await.json()["name"], name, "{claims}");
    }
    let scene = Scene::with(|settings| settings.username_claim = "email".to_owned()).await;
    let token = scene.token(&json!({ "email": "ada@shop.example" }));
    assert_eq!(scene.get(&token, ME).await.json()["name"], "oidc:ada@shop.example");
}

#[tokio::test]
async fn a_project_counts_from_when_it_exists() {
    let scene = Scene::start().await;
    let token = scene.of_group("readers");
    assert_eq!(scene.get(&token, "/api/v1/projects/no-such").await.status, 404);
    let project = json!({ "name": "no-such", "registry": "origin", "namespace": "no-such" });
    scene.app.create("/api/v1/projects", &project).await;
    assert_eq!(scene.get(&token, "/api/v1/projects/no-such").await.status, 200);
    assert_eq!(scene.app.delete("/api/v1/projects/lab").await.status, 204);
    assert_eq!(scene.get(&token, "/api/v1/projects/lab").await.status, 404);
}

#[tokio::test]
async fn groups_are_found_where_the_issuer_puts_them() {
    for (path, claims) in [
        ("groups", json!({ "groups": "ops" })),
        ("groups", json!({ "groups": [7, "ops", null] })),
        ("realm_access.roles", json!({ "realm_access": { "roles": ["ops"] } })),
        (
            "resource_access.forewarm.roles",
            json!({ "resource_access": { "forewarm": { "roles": ["ops"] } } }),
        ),
        ("https://shop.example/groups", json!({ "https://shop.example/groups": ["ops"] })),
    ] {
        assert_eq!(registries(path, &claims).await, 200, "{path} {claims}");
    }
    for (path, claims) in [
        ("groups", json!({ "groups": ["operators"] })),
        ("groups", json!({ "groups": "ops other" })),
        ("groups", json!({ "groups": { "ops": true } })),
        ("groups", json!({ "roles": ["ops"] })),
        ("realm_access.roles", json!({ "realm_access": ["ops"], "roles": ["ops"] })),
    ] {
        assert_eq!(registries(path, &claims).await, 403, "{path} {claims}");
    }
}

async fn registries(path: &str, claims: &Value) -> u16 {
    let scene = Scene::with(|settings| settings.groups_claim = path.to_owned()).await;
    scene.get(&scene.token(claims), "/api/v1/registries").await.status
}

#[tokio::test]
async fn a_kubernetes_service_account_has_the_role_of_its_subject() {
    let scene = Scene::start().await;
    let token = scene.token(&json!({ "sub": SUBJECT, "preferred_username": null }));
    assert_eq!(scene.get(&token, ME).await.json()["name"], format!("oidc:{SUBJECT}"));
    assert_eq!(statuses(&scene, &token, "shop").await, (200, 201));
    assert_eq!(statuses(&scene, &token, "lab").await, (404, 404));
    let other = scene.token(&json!({ "sub": "system:serviceaccount:ci:other" }));
    assert_eq!(statuses(&scene, &other, "shop").await, (404, 404));
}

#[tokio::test]
async fn an_identity_can_neither_make_tokens_nor_change_a_password() {
    let scene = Scene::start().await;
    let token = scene.of_group("ops");
    let wish = json!({ "name": "ci", "role": "system_admin" });
    let answer = scene.by(&token, Method::POST, "/api/v1/tokens", Some(&wish)).await;
    assert_eq!(answer.status, 403, "{}", answer.text);
    let password = json!({ "current": "whatever it may be", "new": "a long enough password" });
    let path = format!("{ME}/password");
    assert_eq!(scene.by(&token, Method::PUT, &path, Some(&password)).await.status, 403);
}
