//! What clients of Harbor ask beside the preheat operations.

use poem::Request;
use poem::http::Method;
use serde_json::json;

use super::scene::{read, refused, shop};
use crate::support::access::basic;
use crate::support::app::{Answer, TestApp};

async fn by_name(app: &TestApp, name: &str, is_name: &str) -> Answer {
    let path = format!("/api/v2.0/projects/{name}");
    let request = Request::builder().method(Method::GET).uri_str(path).header("x-is-resource-name", is_name);
    app.send(request.finish()).await
}

#[tokio::test]
async fn a_project_is_found_by_name_and_by_id() {
    let app = shop().await;
    let by_path = read(&app, "/api/v2.0/projects/shop").await;
    let id = by_path["project_id"].as_i64().unwrap();
    assert_eq!((&by_path["name"], &by_path["metadata"]), (&json!("shop"), &json!({ "public": "false" })));
    assert_eq!(
        (&by_path["current_user_role_id"], &by_path["current_user_role_ids"]),
        (&json!(1), &json!([1]))
    );

    assert_eq!(read(&app, &format!("/api/v2.0/projects/{id}")).await, by_path);
    assert_eq!(by_name(&app, "shop", "true").await.json(), by_path);
    assert_eq!(by_name(&app, &id.to_string(), "false").await.json(), by_path);
    for word in ["true", "True"] {
        refused(&by_name(&app, &id.to_string(), word).await, 404, "NOT_FOUND", "not found");
    }
    refused(&by_name(&app, "shop", "perhaps").await, 422, "UNPROCESSABLE_ENTITY", "X-Is-Resource-Name");
    refused(&app.get("/api/v2.0/projects/none").await, 404, "NOT_FOUND", "project none not found");
    refused(&app.get("/api/v2.0/projects/4711").await, 404, "NOT_FOUND", "project 4711 not found");

    let numeric = json!({ "name": "2048", "registry": "origin", "namespace": "n" });
    app.create("/api/v1/projects", &numeric).await;
    assert_eq!(by_name(&app, "2048", "true").await.json()["name"], "2048");
}

#[tokio::test]
async fn projects_are_listed_with_what_they_demand() {
    let app = shop().await;
    let strict = json!({
        "name": "strict", "registry": "origin", "namespace": "s",
        "criteria": { "signed_only": true, "max_severity": "high" },
    });
    app.create("/api/v1/projects", &strict).await;

    let first = app.get("/api/v2.0/projects?page=1&page_size=1").await;
    assert_eq!((first.json()[0]["name"].as_str(), first.header("x-total-count")), (Some("shop"), "2"));
    let strict = read(&app, "/api/v2.0/projects?q=name%3Dstrict").await;
    let metadata = json!({ "public": "false", "enable_content_trust": "true", "prevent_vul": "true", "severity": "high" });
    assert_eq!(strict[0]["metadata"], metadata);
    assert_eq!(read(&app, "/api/v2.0/projects?name=TRI").await[0]["name"], "strict");
    assert_eq!(read(&app, "/api/v2.0/projects?public=true").await, json!([]));
    assert_eq!(
        read(&app, "/api/v2.0/projects?public=false&with_detail=true&sort=-name").await[0]["name"],
        "strict"
    );
}

#[tokio::test]
async fn somebody_who_asks_learns_who_it_is_and_a_stranger_nothing() {
    let app = shop().await;
    let grants = json!([{ "role": "project_admin", "projects": ["shop"] }]);
    let user = json!({ "name": "ann", "password": "a long enough password", "grants": grants, "description": "shop" });
    app.create("/api/v1/users", &user).await;
    let ask = async |authorization: &str| {
        let request = Request::builder().method(Method::GET).uri_str("/api/v2.0/users/current");
        app.send(request.header("authorization", authorization).finish()).await
    };

    let seen = ask(&basic("ann", "a long enough password")).await.json();
    assert!(seen["user_id"].as_i64().unwrap() > 0);
    assert_eq!((&seen["username"], &seen["comment"]), (&json!("ann"), &json!("shop")));
    assert_eq!((&seen["sysadmin_flag"], &seen["admin_role_in_auth"]), (&json!(false), &json!(false)));
    assert_eq!(seen["creation_time"].as_str().unwrap().len(), "2006-01-02T15:04:05.000Z".len());
    assert_eq!(read(&app, "/api/v2.0/users/current").await["sysadmin_flag"], true);

    for stranger in ["", &basic("ann", "something else")] {
        let answer = ask(stranger).await;
        refused(&answer, 401, "UNAUTHORIZED", "credentials");
        assert!(answer.header("www-authenticate").contains("Basic"), "{:?}", answer.headers);
    }
}

#[tokio::test]
async fn probes_learn_that_the_server_is_there_and_which_harbor_it_is_like() {
    let app = TestApp::start().await;
    let ping = app.get("/api/v2.0/ping").await;
    assert_eq!((ping.status, ping.text.as_str()), (200, "Pong"));
    assert!(ping.header("content-type").starts_with("text/plain"));
    let info = read(&app, "/api/v2.0/systeminfo").await;
    assert_eq!((&info["auth_mode"], &info["read_only"]), (&json!("db_auth"), &json!(false)));
    assert!(info["harbor_version"].as_str().unwrap().starts_with("v2.16."), "{info}");
}

#[tokio::test]
async fn health_names_the_part_that_is_not_well() {
    let app = TestApp::start().await;
    let well = json!({ "status": "healthy", "components": [
        { "name": "core", "status": "healthy" }, { "name": "database", "status": "healthy" },
    ]});
    assert_eq!(read(&app, "/api/v2.0/health").await, well);

    app.store.pool().close().await;

    let ill = read(&app, "/api/v2.0/health").await;
    assert_eq!((&ill["status"], &ill["components"][0]["status"]), (&json!("unhealthy"), &json!("healthy")));
    assert_eq!(ill["components"][1]["error"], "it is not reachable");
}
