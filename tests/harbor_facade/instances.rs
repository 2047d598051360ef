//! Instances, and the kinds of engines.

use std::net::TcpListener;

use forewarm_fake::dragonfly::{Dragonfly, TEST_TOKEN};
use poem::http::Method;
use poem::{Endpoint, Request};
use serde_json::{Value, json};

use super::scene::{
    INSTANCES, changed, dragonfly, instance_id, made, nightly, read, refused, shop, with, without,
};
use crate::support::access::introduce;
use crate::support::app::{TestApp, request, with_json};

#[tokio::test]
async fn an_instance_is_made_read_changed_and_deleted_in_harbors_form() {
    let app = TestApp::start().await;

    let path = made(&app, INSTANCES, &dragonfly("df")).await;

    assert_eq!(path, "/api/v2.0/p2p/preheat/instances/df");
    let seen = read(&app, &path).await;
    let setup = seen["setup_timestamp"].as_i64().unwrap();
    assert!(setup > 1_700_000_000);
    let expected = json!({
        "id": seen["id"].as_i64().unwrap(), "name": "df", "vendor": "dragonfly", "endpoint": "http://df.test:8080",
        "auth_mode": "OAUTH", "status": "Unknown", "enabled": true, "default": false, "insecure": false,
        "setup_timestamp": setup,
    });
    assert_eq!(seen, expected);

    changed(&app, &path, &with(seen.clone(), json!({ "description": "the big one", "insecure": true })))
        .await;

    let expected = with(expected, json!({ "description": "the big one", "insecure": true }));
    assert_eq!(read(&app, &path).await, expected);
    let gone = app.delete(&path).await;
    assert_eq!((gone.status, gone.text.as_str()), (200, ""));
    refused(&app.get(&path).await, 404, "NOT_FOUND", "instance df not found");
    refused(&app.delete(&path).await, 404, "NOT_FOUND", "instance df not found");
}

#[tokio::test]
async fn what_is_made_on_one_side_is_seen_on_the_other() {
    let app = TestApp::start().await;
    let native = json!({
        "name": "edge", "vendor": "mirror", "endpoint": "http://mirror.test:5000", "max_in_flight": 7, "default": true,
        "auth": { "mode": "header", "header": "X-Key", "secret": "hidden-key" },
    });
    app.create("/api/v1/instances", &native).await;
    made(&app, INSTANCES, &dragonfly("df")).await;

    let seen = read(&app, &format!("{INSTANCES}/edge")).await;
    assert_eq!((&seen["vendor"], &seen["auth_mode"]), (&json!("mirror"), &json!("CUSTOM")));
    assert_eq!(seen["default"], true);
    let native = app.get("/api/v1/instances/df").await.json();
    assert_eq!((&native["auth"]["mode"], &native["auth"]["secret_set"]), (&json!("bearer"), &json!(true)));
    assert_eq!(native["max_in_flight"], 50);
}

#[tokio::test]
async fn a_change_keeps_what_harbor_has_no_fields_for() {
    let app = TestApp::start().await;
    let native = json!({
        "name": "edge", "vendor": "dragonfly", "endpoint": "http://manager.test:8080", "max_in_flight": 7,
        "submits_per_second": 2.5, "settings": { "check_seconds": 9, "registry_url": "http://inside.test:5000" },
    });
    let before = app.create("/api/v1/instances", &native).await;
    let path = format!("{INSTANCES}/edge");

    let seen = read(&app, &path).await;
    changed(&app, &path, &seen).await;

    let after = app.get("/api/v1/instances/edge").await.json();
    assert_eq!(without(after, "updated_at"), without(before, "updated_at"));
}

#[tokio::test]
async fn a_change_without_credentials_keeps_those_that_are_stored_unless_the_mode_is_none() {
    let app = TestApp::start().await;
    let path = made(&app, INSTANCES, &dragonfly("df")).await;
    let body = without(dragonfly("df"), "auth_info");
    let secret_set = async || app.get("/api/v1/instances/df").await.json()["auth"]["secret_set"].clone();

    for kept in [json!({}), json!({ "auth_info": {} }), json!({ "auth_info": null, "auth_mode": "" })] {
        changed(&app, &path, &with(body.clone(), kept)).await;
        assert_eq!(secret_set().await, true);
        assert_eq!(read(&app, &path).await["auth_mode"], "OAUTH");
    }
    changed(&app, &path, &with(body, json!({ "auth_mode": "NONE" }))).await;
    assert_eq!(secret_set().await, false);
    assert_eq!(read(&app, &path).await["auth_mode"], "NONE");
}

#[tokio::test]
async fn stored_credentials_do_not_go_to_another_host_unasked() {
    let app = TestApp::start().await;
    let path = made(&app, INSTANCES, &dragonfly("df")).await;
    let elsewhere = json!({ "endpoint": "http://elsewhere.test:8080" });
    let moved = with(without(dragonfly("df"), "auth_info"), elsewhere.clone());

    refused(&app.put(&path, &moved).await, 400, "BAD_REQUEST", "auth_info: must be given again");
    refused(&app.put(&path, &with(moved, json!({ "auth_mode": "" }))).await, 400, "BAD_REQUEST", "auth_info");
    assert_eq!(read(&app, &path).await["endpoint"], "http://df.test:8080");
    changed(&app, &path, &with(dragonfly("df"), elsewhere)).await;
}

#[tokio::test]
async fn user_and_password_are_taken_in_both_shapes_that_clients_of_harbor_write() {
    let app = TestApp::start().await;
    let shapes = [json!({ "username": "ann", "password": "hidden" }), json!({ "ann": "hidden" })];
    for (i, info) in shapes.iter().enumerate() {
        let name = format!("df{i}");
        let body = with(dragonfly(&name), json!({ "auth_mode": "BASIC", "auth_info": info }));
        made(&app, INSTANCES, &body).await;
        let native = app.get(&format!("/api/v1/instances/{name}")).await.json();
        assert_eq!(native["auth"]["username"], "ann", "{info}");
    }
}

#[tokio::test]
async fn a_new_default_takes_the_place_of_the_old_one() {
    let app = TestApp::start().await;
    for name in ["one", "two"] {
        made(&app, INSTANCES, &with(dragonfly(name), json!({ "default": true }))).await;
    }
    let all = read(&app, INSTANCES).await;
    let defaults: Vec<&Value> = all.as_array().unwrap().iter().filter(|one| one["default"] == true).collect();
    assert_eq!(defaults.len(), 1);
    assert_eq!(defaults[0]["name"], "two");
}

#[tokio::test]
async fn two_instances_may_share_an_endpoint_but_not_a_name() {
    let app = TestApp::start().await;
    let path = made(&app, INSTANCES, &dragonfly("df")).await;
    let twin = with(dragonfly("twin"), json!({ "endpoint": "http://df.test:8080" }));
    made(&app, INSTANCES, &twin).await;

    let answer = app.post(INSTANCES, &dragonfly("df")).await;
    refused(&answer, 409, "CONFLICT", "instance df already exists");
    let renamed = app.put(&path, &dragonfly("twin")).await;
    refused(&renamed, 409, "CONFLICT", "instance twin already exists");
    assert_eq!(read(&app, &path).await["name"], "df");
}

#[tokio::test]
async fn the_path_names_the_instance_and_a_body_with_another_id_is_refused() {
    let app = TestApp::start().await;
    let path = made(&app, INSTANCES, &dragonfly("df")).await;
    made(&app, INSTANCES, &dragonfly("other")).await;
    let other = instance_id(&app, "other").await;
    let body = with(dragonfly("df"), json!({ "description": "changed" }));

    for id in [json!(other), json!(999_999), json!(-1)] {
        let answer = app.put(&path, &with(body.clone(), json!({ "id": id }))).await;
        refused(&answer, 400, "BAD_REQUEST", "id: is ");
    }
    assert!(read(&app, &path).await.get("description").is_none());
    for id in [json!({}), json!({ "id": 0 }), json!({ "id": null })] {
        changed(&app, &path, &with(body.clone(), id)).await;
    }
    assert_eq!(read(&app, &path).await["description"], "changed");
}

#[tokio::test]
async fn what_a_change_leaves_out_takes_its_default_but_setup_time_name_and_vendor_stay() {
    let app = TestApp::start().await;
    let full = with(dragonfly("df"), json!({ "description": "old", "insecure": true, "default": true }));
    let path = made(&app, INSTANCES, &full).await;
    let setup = read(&app, &path).await["setup_timestamp"].clone();

    changed(&app, &path, &json!({ "endpoint": "http://df.test:8080", "setup_timestamp": 0 })).await;

    let seen = read(&app, &path).await;
    assert_eq!((&seen["name"], &seen["vendor"]), (&json!("df"), &json!("dragonfly")));
    assert_eq!(seen["setup_timestamp"], setup);
    assert!(seen.get("description").is_none());
    for flag in ["enabled", "default", "insecure"] {
        assert_eq!(seen[flag], false, "{flag}");
    }
}

#[tokio::test]
async fn what_terraform_and_harbor_cli_send_along_is_ignored() {
    let app = TestApp::start().await;
    let quirks = json!({
        "id": 0, "status": "", "setup_timestamp": 0, "auth_mode": "NONE", "auth_info": {}, "vendorName": "x",
        "Endpoint-": 4, "default": null, "description": null,
    });
    let path = made(&app, INSTANCES, &with(dragonfly("df"), quirks)).await;
    assert_eq!(read(&app, &path).await["auth_mode"], "NONE");
    // Its GET has a Content-Type, too.
    let get = Request::builder()
        .method(Method::GET)
        .uri_str(&path)
        .header("content-type", "application/json")
        .finish();
    assert_eq!(app.send(get).await.status, 200);
}

#[tokio::test]
async fn an_instance_that_a_policy_uses_can_neither_be_disabled_nor_deleted() {
    let app = shop().await;
    let policy = nightly(&app).await;
    let path = format!("{INSTANCES}/df");

    let disabled = app.put(&path, &with(dragonfly("df"), json!({ "enabled": false }))).await;
    let complaint = "Provider [df] cannot be disabled: it is in use by policy shop/nightly";
    refused(&disabled, 412, "PRECONDITION", complaint);
    let deleted = app.delete(&path).await;
    let complaint = "Provider [df] cannot be deleted: it is in use by policy shop/nightly";
    refused(&deleted, 412, "PRECONDITION", complaint);

    assert_eq!(app.delete(&policy).await.status, 200);
    changed(&app, &path, &with(dragonfly("df"), json!({ "enabled": false }))).await;
    assert_eq!(app.delete(&path).await.status, 200);
}

#[tokio::test]
async fn the_default_instance_is_in_use_where_a_policy_names_none() {
    let app = shop().await;
    let path = format!("{INSTANCES}/df");
    changed(&app, &path, &with(dragonfly("df"), json!({ "default": true }))).await;
    app.create("/api/v1/projects/shop/policies", &json!({ "name": "follower" })).await;

    let disabled = with(dragonfly("df"), json!({ "default": true, "enabled": false }));
    for answer in [app.put(&path, &disabled).await, app.delete(&path).await] {
        refused(&answer, 412, "PRECONDITION", "it is in use by policy shop/follower");
    }
    assert_eq!(read(&app, &path).await["enabled"], true);
}

#[tokio::test]
async fn an_engine_is_pinged_by_id_or_by_what_a_form_says() {
    let app = TestApp::start().await;
    let manager = Dragonfly::start().await.unwrap();
    let endpoint = json!({ "endpoint": manager.url(), "auth_info": { "token": TEST_TOKEN } });
    let body = with(dragonfly("df"), endpoint);
    made(&app, INSTANCES, &body).await;
    let id = instance_id(&app, "df").await;
    let ping = format!("{INSTANCES}/ping");

    for asked in [json!({ "id": id }), body.clone(), with(body.clone(), json!({ "id": 0 }))] {
        let answer = app.post(&ping, &asked).await;
        assert_eq!((answer.status, answer.text.as_str()), (200, ""), "{asked}");
    }
    let health = app.get("/api/v1/instances/df").await.json()["health"]["status"].clone();
    assert_eq!(health, "healthy", "the ping of a stored instance is kept");
}

#[tokio::test]
async fn an_engine_that_cannot_be_reached_is_told_with_the_reason_and_never_as_a_500() {
    let app = TestApp::start().await;
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let ping = format!("{INSTANCES}/ping");
    let table = [
        (json!({ "endpoint": format!("http://{free}") }), "refused"),
        (json!({ "name": "" }), "name: must not be empty"),
        (json!({ "name": "a--b" }), "name: must be letters"),
        (json!({ "endpoint": "ftp://x" }), "endpoint: must be an http or https URL"),
        (json!({ "endpoint": "::" }), "endpoint: is not an http(s) URL"),
        (json!({ "auth_mode": "none" }), "auth_mode: must be one of"),
        (json!({ "vendor": "spegel" }), "vendor: must be one of dragonfly, kraken, mirror"),
        (json!({ "auth_info": {} }), "auth_info: must be"),
    ];
    for (change, complaint) in table {
        let answer = app.post(&ping, &with(dragonfly("df"), change)).await;
        refused(&answer, 400, "BAD_REQUEST", complaint);
    }
}

#[tokio::test]
async fn a_ping_of_nothing_and_of_an_unknown_id_have_no_body() {
    let app = TestApp::start().await;
    let ping = format!("{INSTANCES}/ping");
    for (body, status) in
        [(json!({}), 400), (json!({ "id": 0, "endpoint": "" }), 400), (json!({ "id": 4711 }), 404)]
    {
        let mut request = with_json(request(Method::POST, &ping), &body);
        introduce(&mut request);
        let response = app.endpoint.get_response(request).await;
        assert_eq!(response.status().as_u16(), status, "{body}");
        assert_eq!(response.into_body().into_string().await.unwrap(), "");
    }
}

#[tokio::test]
async fn the_kinds_of_engines_are_harbors_two_and_the_mirror() {
    let app = TestApp::start().await;

    let kinds = read(&app, "/api/v2.0/p2p/preheat/providers").await;

    let ids: Vec<&str> = kinds.as_array().unwrap().iter().map(|kind| kind["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["dragonfly", "kraken", "mirror"]);
    let (dragonfly, kraken) = (&kinds[0], &kinds[1]);
    assert_eq!((&dragonfly["name"], &dragonfly["version"]), (&json!("Dragonfly"), &json!("2.1.59")));
    assert_eq!(dragonfly["maintainers"].as_array().unwrap().len(), 2);
    assert_eq!(kraken["source"], "https://github.com/uber/kraken");
    assert!(kinds[2].get("maintainers").is_none());
}

#[tokio::test]
async fn a_project_sees_all_instances_by_the_text_that_harbor_cli_compares() {
    let app = shop().await;
    let off = with(
        dragonfly("off"),
        json!({ "enabled": false, "default": true, "endpoint": "http://off.test/p/" }),
    );
    made(&app, INSTANCES, &off).await;

    let seen = read(&app, "/api/v2.0/projects/shop/preheat/providers").await;

    let (df, off) = (instance_id(&app, "df").await, instance_id(&app, "off").await);
    let expected = json!([
        { "id": df, "provider": "dragonfly df-http://df.test:8080", "enabled": true },
        { "id": off, "provider": "dragonfly off-http://off.test/p", "default": true },
    ]);
    assert_eq!(seen, expected);
    let missing = app.get("/api/v2.0/projects/none/preheat/providers").await;
    refused(&missing, 404, "NOT_FOUND", "project none not found");
}
