//! Users: made, changed and deleted by administrators.

use forewarm_domain::Secret;
use serde_json::{Value, json};

use super::{by, get};
use crate::support::access::basic;
use crate::support::app::TestApp;

const PASSWORD: &str = "a long enough password";

#[tokio::test]
async fn a_user_can_be_made_changed_and_deleted() {
    let app = TestApp::start().await;
    app.furnish().await;
    let grants = json!([{ "role": "project_admin", "projects": ["shop"] }, { "role": "project_viewer" }]);
    let made = app
        .create(
            "/api/v1/users",
            &json!({ "name": "ada", "password": PASSWORD, "grants": grants, "description": "d" }),
        )
        .await;
    assert_eq!(made["disabled"], false);
    assert_eq!(
        made["grants"],
        json!([{ "role": "project_viewer" }, { "role": "project_admin", "projects": ["shop"] }])
    );
    assert_eq!(app.get("/api/v1/users/ada").await.json(), made);
    let changed = app.put("/api/v1/users/ada", &json!({ "name": "lovelace", "disabled": true })).await;
    assert_eq!(changed.status, 200, "{}", changed.text);
    assert_eq!(changed.json()["grants"], json!([]));
    assert_eq!(app.get("/api/v1/users?q=love").await.json()[0]["disabled"], true);
    assert_eq!(app.delete("/api/v1/users/lovelace").await.status, 204);
    assert_eq!(app.get("/api/v1/users/lovelace").await.status, 404);
}

#[tokio::test]
async fn bad_users_are_refused_with_the_field() {
    let app = TestApp::start().await;
    for (user, complaint) in [
        (json!({ "name": "ada" }), "password: is needed"),
        (json!({ "name": "ada", "password": "short" }), "password: must have 12 to 256"),
        (json!({ "name": "current", "password": PASSWORD }), "name: 'current' means"),
        (json!({ "name": "a b", "password": PASSWORD }), "name"),
        (
            json!({ "name": "ada", "password": PASSWORD, "grants": [{ "role": "project_admin", "projects": ["no"] }] }),
            "grants[0].projects[0]: there is no project 'no'",
        ),
        (
            json!({ "name": "ada", "password": PASSWORD, "grants": [{ "role": "system_admin", "projects": [] }] }),
            "grants[0].projects: must be left out",
        ),
        (json!({ "name": "ada", "password": PASSWORD, "grants": [{ "role": "king" }] }), "grants[0].role"),
    ] {
        let answer = app.post("/api/v1/users", &user).await;
        assert_eq!(answer.status, 400, "{user}");
        assert!(answer.complaints().contains(complaint), "{user}: {}", answer.complaints());
    }
    assert_eq!(app.rows("users").await, 1);
}

#[tokio::test]
async fn the_last_administrator_cannot_be_disabled_demoted_or_deleted() {
    let app = TestApp::start().await;
    for answer in [
        app.put("/api/v1/users/root", &json!({ "name": "root" })).await,
        app.put(
            "/api/v1/users/root",
            &json!({ "name": "root", "disabled": true, "grants": [{ "role": "system_admin" }] }),
        )
        .await,
        app.delete("/api/v1/users/root").await,
    ] {
        assert_eq!(answer.status, 409, "{}", answer.text);
        assert!(answer.complaints().contains("nobody would be left"));
    }
    let other = json!({ "name": "ada", "password": PASSWORD, "grants": [{ "role": "system_admin" }] });
    app.create("/api/v1/users", &other).await;
    assert_eq!(app.put("/api/v1/users/root", &json!({ "name": "root" })).await.status, 200);
}

#[tokio::test]
async fn users_change_their_own_password_by_the_password_of_now() {
    let app = TestApp::start().await;
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD })).await;
    let path = "/api/v1/users/current/password";
    let wish = |current: &str, new: &str| json!({ "current": current, "new": new });
    let me = basic("ada", PASSWORD);
    let change = async |header: &str, body: Value| by(&app, header, "PUT", path, Some(&body)).await;
    assert_eq!(change(&me, wish("not the password", "another long password")).await.status, 400);
    assert_eq!(change(&me, wish(PASSWORD, "short")).await.status, 400);
    assert_eq!(change(&me, wish(PASSWORD, "another long password")).await.status, 204);
    assert_eq!(get(&app, &me, "/api/v1/users/current").await.status, 401);
    assert_eq!(get(&app, &basic("ada", "another long password"), "/api/v1/users/current").await.status, 200);
    // A token that leaked must not lock its user out.
    assert_eq!(app.put(path, &wish(PASSWORD, "another long password")).await.status, 403);
}

#[tokio::test]
async fn lists_show_only_what_the_caller_may_see() {
    let app = TestApp::start().await;
    app.furnish().await;
    app.create("/api/v1/projects", &json!({ "name": "lab", "registry": "origin", "namespace": "lab" })).await;
    for project in ["shop", "lab"] {
        let policies = format!("/api/v1/projects/{project}/policies");
        app.create(&policies, &json!({ "name": "nightly", "filters": [], "instances": ["edge"] })).await;
        app.create(&format!("{policies}/nightly/executions"), &Value::Null).await;
    }
    let grants = json!([{ "role": "project_viewer", "projects": ["lab"] }]);
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD, "grants": grants })).await;
    let me = basic("ada", PASSWORD);
    let projects = get(&app, &me, "/api/v1/projects").await;
    assert_eq!(projects.json().as_array().unwrap().len(), 1);
    assert_eq!(projects.json()[0]["name"], "lab");
    assert_eq!(projects.header("x-total-count"), "1");
    let executions = get(&app, &me, "/api/v1/executions").await;
    assert_eq!(executions.json().as_array().unwrap().len(), 1);
    assert_eq!(executions.json()[0]["project"], "lab");
    assert_eq!(executions.header("x-total-count"), "1");
    assert_eq!(get(&app, &me, "/api/v1/executions?project=shop").await.json(), json!([]));
    assert_eq!(get(&app, &me, "/api/v1/warm").await.status, 403);
    assert_eq!(get(&app, &me, "/api/v1/warm?project=shop").await.status, 404);
    assert_eq!(get(&app, &me, "/api/v1/warm?project=lab").await.status, 200);
}

#[tokio::test]
async fn a_viewer_cannot_configure_the_project_and_its_administrator_cannot_move_it() {
    let app = TestApp::start().await;
    app.furnish().await;
    for role in ["project_viewer", "project_admin"] {
        let grants = json!([{ "role": role, "projects": ["shop"] }]);
        let name = role.replace('_', "-");
        app.create("/api/v1/users", &json!({ "name": name, "password": PASSWORD, "grants": grants })).await;
        let me = basic(&name, PASSWORD);
        let moved = json!({ "name": "shop", "registry": "origin", "namespace": "" });
        assert_eq!(by(&app, &me, "PUT", "/api/v1/projects/shop", Some(&moved)).await.status, 403);
        assert_eq!(by(&app, &me, "DELETE", "/api/v1/projects/shop", None).await.status, 403);
        assert_eq!(by(&app, &me, "DELETE", "/api/v1/projects/lab", None).await.status, 404);
    }
}

#[tokio::test]
async fn a_project_administrator_preheats_what_lies_in_the_project_and_nothing_else() {
    let app = TestApp::start().await;
    app.furnish().await;
    let grants = json!([{ "role": "project_admin", "projects": ["shop"] }]);
    app.create("/api/v1/users", &json!({ "name": "ada", "password": PASSWORD, "grants": grants })).await;
    let me = basic("ada", PASSWORD);
    let preheat = async |body: Value| by(&app, &me, "POST", "/api/v1/preheats", Some(&body)).await;
    let image =
        |name: &str| json!({ "type": "image", "project": "shop", "images": [name], "instances": ["edge"] });
    for good in ["shop/web:v1", "registry.test:5000/shop/web:v1"] {
        let started = preheat(image(good)).await;
        assert_eq!(started.status, 201, "{}", started.text);
        assert_eq!(started.json()["project"], "shop");
    }
    for bad in
        ["lab/web:v1", "shopping/web:v1", "registry.test:5000/lab/web:v1", "elsewhere.test/shop/web:v1"]
    {
        let refused = preheat(image(bad)).await;
        assert_eq!(refused.status, 400, "{bad}: {}", refused.text);
    }
    let no_project = json!({ "type": "image", "registry": "origin", "images": ["shop/web:v1"] });
    assert_eq!(preheat(no_project).await.status, 403);
    let file = json!({ "type": "file", "urls": ["http://files.test/a"] });
    assert_eq!(preheat(file).await.status, 403);
}

#[tokio::test]
async fn the_first_user_is_made_once_however_many_processes_start() {
    let app = TestApp::start().await;
    sqlx::query("DELETE FROM users").execute(app.store.pool()).await.unwrap();
    let password = Secret::new(PASSWORD);
    let starts = (0..4).map(|_| {
        let (store, password) = (app.store.clone(), password.clone());
        tokio::spawn(async move { store.users().create_first("admin", &password).await.unwrap() })
    });
    let mut made = 0;
    for start in starts.collect::<Vec<_>>() {
        made += usize::from(start.await.unwrap());
    }
    assert_eq!(made, 1);
    assert_eq!(get(&app, &basic("admin", PASSWORD), "/api/v1/users").await.status, 200);
}
