//! What the tests of the facade begin with.

use poem::Request;
use poem::http::Method;
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp, request, with_json};

pub const INSTANCES: &str = "/api/v2.0/p2p/preheat/instances";
pub const POLICIES: &str = "/api/v2.0/projects/shop/preheat/policies";
pub const EVERYTHING: &str = r#"[{"type":"repository","value":"**"},{"type":"tag","value":"**"}]"#;
pub const MANUAL: &str = r#"{"type":"manual","trigger_setting":{}}"#;

/// A registry, a project `shop`, and an instance `df` that was made through the facade.
pub async fn shop() -> TestApp {
    let app = TestApp::start().await;
    let registry = json!({ "name": "origin", "url": "http://registry.test:5000" });
    app.create("/api/v1/registries", &registry).await;
    let project = json!({ "name": "shop", "registry": "origin", "namespace": "shop" });
    app.create("/api/v1/projects", &project).await;
    made(&app, INSTANCES, &dragonfly("df")).await;
    app
}

/// The body of an instance, as Harbor's console sends it.
pub fn dragonfly(name: &str) -> Value {
    json!({
        "name": name, "vendor": "dragonfly", "endpoint": format!("http://{name}.test:8080"), "enabled": true,
        "auth_mode": "OAUTH", "auth_info": { "token": "hidden-token" },
    })
}

/// The body of a policy to this instance, as Harbor's console sends it.
pub fn policy(name: &str, provider_id: i64) -> Value {
    json!({
        "name": name, "provider_id": provider_id, "filters": EVERYTHING, "trigger": MANUAL, "enabled": true,
    })
}

/// Makes something and returns where it is.
pub async fn made(app: &TestApp, path: &str, body: &Value) -> String {
    let answer = app.post(path, body).await;
    assert_eq!(answer.status, 201, "POST {path}: {}", answer.text);
    assert_eq!(answer.text, "", "a body on 201");
    answer.header("location").to_owned()
}

/// What is there now.
pub async fn read(app: &TestApp, path: &str) -> Value {
    let answer = app.get(path).await;
    assert_eq!(answer.status, 200, "GET {path}: {}", answer.text);
    answer.json()
}

/// Changes something that must be accepted.
pub async fn changed(app: &TestApp, path: &str, body: &Value) {
    let answer = app.put(path, body).await;
    assert_eq!((answer.status, answer.text.as_str()), (200, ""), "PUT {path}");
}

pub async fn instance_id(app: &TestApp, name: &str) -> i64 {
    read(app, &format!("{INSTANCES}/{name}")).await["id"].as_i64().unwrap()
}

/// A policy `nightly` to the instance `df`, and where it is.
pub async fn nightly(app: &TestApp) -> String {
    let provider_id = instance_id(app, "df").await;
    made(app, POLICIES, &policy("nightly", provider_id)).await
}

pub fn with(mut body: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else { panic!("not an object: {changes}") };
    body.as_object_mut().unwrap().extend(changes);
    body
}

pub fn without(mut body: Value, field: &str) -> Value {
    body.as_object_mut().unwrap().remove(field);
    body
}

pub fn patch(path: &str, body: &Value) -> Request {
    with_json(request(Method::PATCH, path), body)
}

/// The answer has this status and Harbor's word for it, and its complaint holds this text.
pub fn refused(answer: &Answer, status: u16, code: &str, complaint: &str) {
    assert_eq!(answer.status, status, "{}", answer.text);
    assert_eq!(answer.json()["errors"][0]["code"], code);
    assert!(answer.complaints().contains(complaint), "'{complaint}' is not in {}", answer.text);
    assert!(answer.header("content-type").starts_with("application/json"));
}
