//! Registries, instances, projects and policies: created, read, changed, deleted, and refused.

mod refusals;

use serde_json::{Value, json};

use crate::support::app::TestApp;

const POLICIES: &str = "/api/v1/projects/shop/policies";

fn policy() -> Value {
    json!({
        "name": "nightly",
        "filters": [
            { "type": "repository", "pattern": "web*" },
            { "type": "tag", "pattern": "v1.*" },
            { "type": "label", "labels": ["stage=prod"] },
        ],
        "trigger": { "type": "manual" },
        "options": { "scope": "all_peers", "count": 3, "platforms": ["linux/arm64"] },
        "access": { "headers": { "X-Team": "hidden-header" }, "username": "robot", "password": "hidden-password" },
        "instances": ["dragonfly"],
        "max_attempts": 2,
    })
}

/// `body` with some fields set to other values.
fn with(body: &Value, changes: &Value) -> Value {
    let mut body = body.clone();
    for (name, value) in changes.as_object().unwrap() {
        body[name] = value.clone();
    }
    body
}

#[tokio::test]
async fn a_registry_lives_from_creation_to_deletion() {
    let app = TestApp::start().await;
    let body = json!({
        "name": "hub", "url": "https://registry.test/", "description": "ours", "repositories": ["shop/web"],
        "auth": { "mode": "basic", "username": "robot", "secret": "hidden-password" },
    });

    let created = app.post("/api/v1/registries", &body).await;
    assert_eq!((created.status, created.header("location")), (201, "/api/v1/registries/hub"));
    let view = created.json();
    assert_eq!(view["kind"], "oci");
    assert_eq!(view["url"], "https://registry.test");
    assert_eq!(view["auth"], json!({ "mode": "basic", "username": "robot", "secret_set": true }));
    assert_eq!(app.get("/api/v1/registries/hub").await.json(), view);

    // What was read can be sent back, and says the same; a new name moves it.
    let renamed = app.put("/api/v1/registries/hub", &with(&view, &json!({ "name": "hub2" }))).await;
    assert_eq!(renamed.status, 200, "{}", renamed.text);
    assert_eq!(renamed.json()["auth"], view["auth"]);
    assert_eq!(app.get("/api/v1/registries/hub").await.status, 404);

    assert_eq!(app.delete("/api/v1/registries/hub2").await.status, 204);
    assert_eq!(app.delete("/api/v1/registries/hub2").await.status, 404);
    assert_eq!(app.rows("registries").await, 0);
}

#[tokio::test]
async fn an_instance_tells_its_health_in_every_view() {
    let app = TestApp::start().await;
    let closed = format!("http://127.0.0.1:{}", closed_port());
    let body = json!({ "name": "edge", "vendor": "mirror", "endpoint": closed, "max_in_flight": 7 });
    let view = app.create("/api/v1/instances", &body).await;
    assert_eq!(view["health"]["status"], "unknown");
    assert_eq!(view["max_in_flight"], 7);
    assert_eq!(view["enabled"], true);

    let ping = app.act("/api/v1/instances/edge/ping").await;
    assert_eq!((ping.status, &ping.json()["healthy"]), (200, &json!(false)), "{}", ping.text);
    assert!(ping.json()["reason"].as_str().unwrap().contains("refused"), "{}", ping.text);

    for health in [
        &app.get("/api/v1/instances/edge").await.json()["health"],
        &app.get("/api/v1/instances").await.json()[0]["health"],
    ] {
        assert_eq!(health["status"], "unhealthy");
        assert_eq!(health["reason"], ping.json()["reason"]);
    }
    // At another address nothing is known of it.
    let moved = with(&body, &json!({ "endpoint": "http://mirror.test" }));
    let moved = app.put("/api/v1/instances/edge", &moved).await.json();
    assert_eq!(moved["health"]["status"], "unknown");
}

/// A port that nobody listens on: it was free a moment ago.
fn closed_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

#[tokio::test]
async fn a_registry_that_does_not_answer_is_reported_in_a_readable_line() {
    let app = TestApp::start().await;
    let url = format!("http://127.0.0.1:{}", closed_port());
    app.create("/api/v1/registries", &json!({ "name": "gone", "url": url })).await;

    let ping = app.act("/api/v1/registries/gone/ping").await;

    assert_eq!((ping.status, &ping.json()["healthy"]), (200, &json!(false)));
    assert!(ping.json()["reason"].as_str().unwrap().contains("refused"), "{}", ping.text);
}

#[tokio::test]
async fn a_policy_comes_back_as_it_was_sent_but_for_its_secrets() {
    let app = TestApp::start().await;
    app.furnish().await;

    let view = app.create(POLICIES, &policy()).await;

    for field in ["name", "filters", "trigger", "options", "instances", "max_attempts"] {
        assert_eq!(view[field], policy()[field], "{field}");
    }
    let access = json!({ "header_names": ["X-Team"], "username": "robot", "password_set": true });
    assert_eq!(view["access"], access);
    assert_eq!(view["project"], "shop");

    let again = app.put(&format!("{POLICIES}/nightly"), &view).await;
    assert_eq!(again.status, 200, "{}", again.text);
    for (field, value) in view.as_object().unwrap() {
        if field != "updated_at" {
            assert_eq!(&again.json()[field], value, "{field}");
        }
    }
}

#[tokio::test]
async fn a_secret_that_an_update_leaves_out_stays_and_null_clears_it() {
    let app = TestApp::start().await;
    app.furnish().await;
    app.create(POLICIES, &policy()).await;
    let path = format!("{POLICIES}/nightly");
    let stored = async || {
        let project = app.store.projects().get("shop").await.unwrap().unwrap();
        let policy = app.store.policies().get(project.id, "nightly").await.unwrap().unwrap();
        policy.access
    };

    let without = with(&policy(), &json!({ "access": {} }));
    assert_eq!(app.put(&path, &without).await.status, 200);
    assert_eq!(stored().await.password.unwrap().expose(), "hidden-password");
    assert_eq!(stored().await.headers["X-Team"].expose(), "hidden-header");

    let cleared =
        with(&policy(), &json!({ "access": { "headers": null, "username": null, "password": null } }));
    assert_eq!(app.put(&path, &cleared).await.status, 200);
    assert!(stored().await.is_empty());
}

#[tokio::test]
async fn a_stored_secret_never_moves_to_another_host() {
    let app = TestApp::start().await;
    app.furnish().await;
    let path = "/api/v1/instances/dragonfly";
    let token = async || {
        let instance = app.store.instances().get("dragonfly").await.unwrap().unwrap();
        match instance.auth {
            forewarm_domain::auth::Auth::Bearer { token } => token.expose().to_owned(),
            other => panic!("{other:?}"),
        }
    };
    let view = app.get(path).await.json();

    // Another path of the same host: the token stays.
    let same_host = with(&view, &json!({ "endpoint": "http://manager.test:8080/dragonfly" }));
    assert_eq!(app.put(path, &same_host).await.status, 200);
    assert_eq!(token().await, "hidden-token");

    for elsewhere in ["http://evil.test:8080", "http://manager.test:9090", "https://manager.test:8080"] {
        let mut moved = with(&view, &json!({ "endpoint": elsewhere }));
        let refused = app.put(path, &moved).await;
        assert_eq!(refused.status, 400, "{elsewhere}: {}", refused.text);
        assert!(refused.complaints().starts_with("auth.secret: "), "{}", refused.text);
        moved.as_object_mut().unwrap().remove("auth");
        assert_eq!(app.put(path, &moved).await.status, 400, "{elsewhere}");
    }
    assert_eq!(app.get(path).await.json()["endpoint"], "http://manager.test:8080/dragonfly");
}

#[tokio::test]
async fn what_is_in_use_is_not_deleted_and_its_users_are_named() {
    let app = TestApp::start().await;
    app.furnish().await;
    app.create(POLICIES, &policy()).await;
    let execution = app.act(&format!("{POLICIES}/nightly/executions")).await.json()["id"].clone();
    let table = [
        ("/api/v1/registries/origin", "project shop".to_owned()),
        ("/api/v1/registries/origin", format!("execution {execution}")),
        ("/api/v1/instances/dragonfly", "policy shop/nightly".to_owned()),
        ("/api/v1/instances/dragonfly", format!("execution {execution}")),
        ("/api/v1/projects/shop", "policy shop/nightly".to_owned()),
        ("/api/v1/projects/shop/policies/nightly", format!("execution {execution}")),
    ];
    for (path, user) in table {
        let answer = app.delete(path).await;
        assert_eq!(answer.status, 409, "{path}: {}", answer.text);
        assert!(answer.complaints().contains(&user), "{path}: {}", answer.text);
    }
    assert_eq!(app.delete("/api/v1/instances/edge").await.status, 204);

    // Once it has ended, everything can go, from the users to the used; the record stays.
    app.act(&format!("/api/v1/executions/{execution}/stop")).await;
    for path in [
        "/api/v1/projects/shop/policies/nightly",
        "/api/v1/instances/dragonfly",
        "/api/v1/projects/shop",
        "/api/v1/registries/origin",
    ] {
        assert_eq!(app.delete(path).await.status, 204, "{path}");
    }
    let record = app.get(&format!("/api/v1/executions/{execution}")).await.json();
    assert_eq!((&record["policy"], &record["project"]), (&json!("nightly"), &json!("shop")));
}

#[tokio::test]
async fn images_of_an_unfinished_ad_hoc_preheat_hold_their_registry() {
    let app = TestApp::start().await;
    app.furnish().await;
    assert_eq!(app.delete("/api/v1/projects/shop").await.status, 204);
    let preheat =
        json!({ "type": "image", "images": ["registry.test:5000/shop/web:v1"], "instances": ["edge"] });
    let execution = app.create("/api/v1/preheats", &preheat).await["id"].clone();

    let answer = app.delete("/api/v1/registries/origin").await;

    assert_eq!(answer.status, 409);
    assert!(answer.complaints().contains(&format!("execution {execution}")), "{}", answer.text);
}

#[tokio::test]
async fn vendor_and_kind_cannot_be_changed() {
    let app = TestApp::start().await;
    app.furnish().await;
    let other = json!({ "name": "edge", "vendor": "kraken", "endpoint": "http://mirror.test:5000" });
    let answer = app.put("/api/v1/instances/edge", &other).await;
    assert_eq!(answer.status, 400);
    assert!(answer.complaints().starts_with("vendor: cannot be changed"), "{}", answer.text);
}

#[tokio::test]
async fn lists_come_in_pages_with_their_total_and_links() {
    let app = TestApp::start().await;
    for i in 1..=7 {
        let body = json!({ "name": format!("reg-{i}"), "url": format!("http://r{i}.test") });
        app.create("/api/v1/registries", &body).await;
    }
    let names = |answer: &crate::support::app::Answer| -> Vec<String> {
        let list = answer.json();
        list.as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
    };

    let middle = app.get("/api/v1/registries?page=2&page_size=3&sort=-name&q=REG").await;
    assert_eq!(names(&middle), ["reg-4", "reg-3", "reg-2"]);
    assert_eq!(middle.header("x-total-count"), "7");
    let link = |page: u8, rel: &str| {
        format!("</api/v1/registries?sort=-name&q=REG&page={page}&page_size=3>; rel=\"{rel}\"")
    };
    let links = [link(1, "first"), link(1, "prev"), link(3, "next"), link(3, "last")].join(", ");
    assert_eq!(middle.header("link"), links);

    let beyond = app.get("/api/v1/registries?page=9223372036854775807&page_size=100").await;
    assert_eq!((beyond.status, names(&beyond).len(), beyond.header("x-total-count")), (200, 0, "7"));
    assert_eq!(names(&app.get("/api/v1/registries?q=5").await), ["reg-5"]);
    assert_eq!(names(&app.get("/api/v1/registries?sort=-created_at&page_size=1").await), ["reg-7"]);
    // A wildcard of SQL is a text like any other.
    assert_eq!(app.get("/api/v1/registries?q=%25").await.header("x-total-count"), "0");
}

#[tokio::test]
async fn vendors_tell_what_each_can_do() {
    let app = TestApp::start().await;

    let vendors = app.get("/api/v1/vendors").await.json();

    let ids: Vec<&Value> = vendors.as_array().unwrap().iter().map(|vendor| &vendor["id"]).collect();
    assert_eq!(ids, [&json!("dragonfly"), &json!("kraken"), &json!("mirror")]);
    assert!(vendors[0]["kinds"].as_array().unwrap().contains(&json!("file")));
    assert!(vendors[0]["options"].as_array().unwrap().contains(&json!("scope")));
}
