//! What Harbor answers with 500, or trips over later, is refused at once and changes nothing.

use poem::http::{Method, header};
use poem::{Body, Request};
use serde_json::{Value, json};

use super::scene::{
    INSTANCES, MANUAL, POLICIES, dragonfly, instance_id, made, nightly, policy, read, refused, shop, with,
    without,
};
use crate::support::app::{TestApp, request};

#[tokio::test]
async fn names_that_make_no_sense_are_refused_for_instances_and_policies() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let path = nightly(&app).await;
    let long = "a".repeat(256);
    for name in
        ["", "-a", "a-", "a_", ".a", "a--b", "a._b", "a b", "ä", "a/b", "abc/-.**", "_aa/*b", long.as_str()]
    {
        let answer = app.post(INSTANCES, &dragonfly(name)).await;
        refused(&answer, 400, "BAD_REQUEST", "name: must ");
        for answer in [app.post(POLICIES, &policy(name, df)).await, app.put(&path, &policy(name, df)).await] {
            refused(&answer, 400, "BAD_REQUEST", "name: must ");
        }
    }
    let nameless = app.post(INSTANCES, &without(dragonfly("x"), "name")).await;
    refused(&nameless, 400, "BAD_REQUEST", "name: must not be empty");
    assert_eq!((app.rows("instances").await, app.rows("policies").await), (1, 1));
    for name in ["abc", "a1.b-c_d", "A"] {
        made(&app, POLICIES, &policy(name, df)).await;
    }
}

#[tokio::test]
async fn filters_and_triggers_that_are_missing_empty_or_not_json_are_refused() {
    let app = shop().await;
    let df = instance_id(&app, "df").await;
    let path = nightly(&app).await;
    let table = [
        (json!({ "filters": null }), "filters: is empty"),
        (json!({ "filters": "" }), "filters: is empty"),
        (json!({ "filters": "invalid" }), "filters: is not JSON"),
        (json!({ "filters": "{}" }), "filters: must hold a JSON list"),
        (json!({ "filters": "[]" }), "filters: must hold at least one filter"),
        (json!({ "filters": "null" }), "filters: must hold at least one filter"),
        (json!({ "filters": r#"[{"type":"size","value":"1"}]"# }), "filters: entry 1 has the unknown type"),
        (json!({ "filters": r#"[{"type":"tag","value":"["}]"# }), "filters[0].pattern:"),
        (json!({ "filters": r#"[{"type":"tag","value":"a\u0000"}]"# }), "filters: must not contain a NUL"),
        (json!({ "trigger": null }), "trigger: is empty"),
        (json!({ "trigger": "" }), "trigger: is empty"),
        (json!({ "trigger": "invalid" }), "trigger: is not JSON"),
        (json!({ "trigger": r#"{"type":"a very long unknown type"}"# }), "trigger: type must be one of"),
        (json!({ "extra_attrs": "not json" }), "extra_attrs: is not JSON"),
        (json!({ "extra_attrs": r#"{"scope":"foo"}"# }), "extra_attrs: scope must be one of"),
        (json!({ "extra_attrs": r#"{"cluster_ids":[-1]}"# }), "extra_attrs: cluster_ids must be"),
        (json!({ "description": "x".repeat(2001) }), "description: must have at most 2000"),
    ];
    for (change, complaint) in table {
        refused(
            &app.post(POLICIES, &with(policy("p", df), change.clone())).await,
            400,
            "BAD_REQUEST",
            complaint,
        );
        refused(&app.put(&path, &with(policy("nightly", df), change)).await, 400, "BAD_REQUEST", complaint);
    }
    assert_eq!(app.rows("policies").await, 1);
    assert_eq!(read(&app, &path).await["trigger"], MANUAL);
}

#[tokio::test]
async fn all_that_is_wrong_is_told_at_once() {
    let app = shop().await;
    let body = json!({ "name": "a b", "provider_id": instance_id(&app, "df").await, "filters": "x", "trigger": "y" });
    let answer = app.post(POLICIES, &body).await;
    assert_eq!(answer.status, 400);
    let fields: Vec<String> =
        answer.complaints().lines().map(|line| line.split(':').next().unwrap().to_owned()).collect();
    assert_eq!(fields, ["name", "filters", "trigger"]);
}

#[tokio::test]
async fn options_that_an_engine_cannot_honour_are_refused_in_harbors_names() {
    let app = shop().await;
    made(&app, INSTANCES, &with(dragonfly("kr"), json!({ "vendor": "kraken", "auth_mode": "NONE" }))).await;
    let attrs = json!({ "extra_attrs": r#"{"scope":"all_peers","cluster_ids":[1]}"# });
    let answer = app.post(POLICIES, &with(policy("p", instance_id(&app, "kr").await), attrs)).await;
    refused(&answer, 400, "BAD_REQUEST", "extra_attrs.scope: is an option that vendor kraken cannot honour");
    assert!(answer.complaints().contains("extra_attrs.cluster_ids: "), "{}", answer.text);
}

#[tokio::test]
async fn instances_that_nobody_could_use_are_refused_when_they_are_saved() {
    let app = TestApp::start().await;
    let path = made(&app, INSTANCES, &dragonfly("df")).await;
    let table = [
        (json!({ "vendor": "spegel" }), "vendor: "),
        (json!({ "vendor": "" }), "vendor: must be one of"),
        (json!({ "endpoint": "" }), "endpoint: is required"),
        (json!({ "endpoint": "manager:8080" }), "endpoint: "),
        (json!({ "endpoint": "http://u:hidden@h" }), "endpoint: must not hold credentials"),
        (
            json!({ "auth_mode": "oauth" }),
            "auth_mode: must be one of NONE, BASIC, OAUTH, CUSTOM, in capitals",
        ),
        (json!({ "auth_info": { "t": "x" } }), "auth_info: must be"),
        (json!({ "auth_mode": "CUSTOM", "auth_info": { "a b": "x" } }), "auth_info: has a name"),
        (json!({ "description": "x".repeat(2001) }), "description: must have at most 2000"),
    ];
    for (change, complaint) in table {
        refused(&app.post(INSTANCES, &with(dragonfly("x"), change)).await, 400, "BAD_REQUEST", complaint);
    }
    let moved = app.put(&path, &with(dragonfly("df"), json!({ "vendor": "kraken" }))).await;
    refused(&moved, 400, "BAD_REQUEST", "vendor: cannot be changed");
    assert_eq!(app.rows("instances").await, 1);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_are_told_as_harbor_tells_them() {
    let app = TestApp::start().await;
    let send = async |content_type: Option<&str>, body: &str| {
        let mut request = request(Method::POST, INSTANCES);
        if let Some(value) = content_type {
            request.headers_mut().insert(header::CONTENT_TYPE, value.parse().unwrap());
        }
        request.set_body(Body::from_string(body.to_owned()));
        app.send(request).await
    };
    let json = Some("application/json; charset=utf-8");
    let table = [
        (json, "", "body: is not valid JSON"),
        (json, r#"{"name":"#, "body: is not valid JSON"),
        (json, "[]", "body: must be an object"),
        (json, "null", "body: must not be null"),
        (json, r#"{"name":7}"#, "name: must be a string"),
        (json, r#"{"id":"1"}"#, "id: must be a whole number"),
        (json, r#"{"enabled":"yes"}"#, "enabled: must be true or false"),
        (json, r#"{"auth_info":{"token":7}}"#, "auth_info.token: must be a string"),
        (json, r#"{"name":"a\u0000"}"#, "name: must not contain a NUL"),
        (Some("text/plain"), "{}", "body: must be JSON"),
        (None, "{}", "body: must be JSON"),
    ];
    for (content_type, body, complaint) in table {
        let answer = send(content_type, body).await;
        refused(&answer, 422, "UNPROCESSABLE_ENTITY", "validation failure list:\n");
        assert!(answer.complaints().contains(complaint), "{body}: {}", answer.text);
    }
    let long = send(json, &format!("{{\"name\":\"{}\"}}", "a".repeat(1024 * 1024))).await;
    refused(&long, 413, "REQUEST_ENTITY_TOO_LARGE", "body: must have at most");
    assert_eq!(app.rows("instances").await, 0);
}

#[tokio::test]
async fn unknown_fields_are_ignored_however_they_are_spelled() {
    let app = TestApp::start().await;
    let more = json!({ "Vendor_": 1, "authInfo": [], "x": { "y": null }, "setupTimestamp": "never" });
    made(&app, INSTANCES, &with(dragonfly("df"), more)).await;
}

#[tokio::test]
async fn addresses_that_make_no_sense_have_harbors_words() {
    let app = shop().await;
    let path = nightly(&app).await;
    let table = [
        (
            format!("{path}/executions/first"),
            422,
            "UNPROCESSABLE_ENTITY",
            "execution_id: must be a whole number",
        ),
        (format!("{path}/executions/99999999999999999999"), 422, "UNPROCESSABLE_ENTITY", "execution_id: "),
        (
            format!("{path}/executions/1/tasks/x/logs"),
            422,
            "UNPROCESSABLE_ENTITY",
            "task_id: must be a whole number",
        ),
        (format!("{path}/executions/1"), 404, "NOT_FOUND", "execution 1 not found"),
        ("/api/v2.0/nonsense".to_owned(), 404, "NOT_FOUND", "nothing at this address"),
        ("/api/v2.0".to_owned(), 404, "NOT_FOUND", "nothing at this address"),
        (format!("{INSTANCES}/a%00b"), 400, "BAD_REQUEST", "NUL"),
        (format!("{INSTANCES}?q=%00"), 400, "BAD_REQUEST", "NUL"),
    ];
    for (path, status, code, complaint) in table {
        refused(&app.get(&path).await, status, code, complaint);
    }
    let deleted = app.delete(INSTANCES).await;
    refused(&deleted, 405, "METHOD_NOT_ALLOWED", "DELETE cannot be used");
    assert_eq!(deleted.header("allow"), "GET, POST, HEAD, OPTIONS");
    let options = app.send(request(Method::OPTIONS, &path)).await;
    assert_eq!((options.status, options.header("allow")), (204, "GET, PUT, POST, DELETE, HEAD, OPTIONS"));
}

#[tokio::test]
async fn an_answer_has_the_id_of_its_request_and_a_failure_inside_names_it() {
    let app = TestApp::start().await;
    let asked = || {
        Request::builder()
            .method(Method::GET)
            .uri_str(INSTANCES)
            .header("x-request-id", "from-a-client")
            .finish()
    };
    let answer = app.send(asked()).await;
    assert_eq!((answer.status, answer.header("x-request-id")), (200, "from-a-client"));
    let other = app.get(INSTANCES).await;
    assert_eq!(other.header("x-request-id").len(), 36, "a UUID is made");

    app.store.pool().close().await;
    let answer = app.send(asked()).await;
    refused(&answer, 503, "UNKNOWN", "request from-a-client");
}

#[tokio::test]
async fn errors_are_one_json_object_in_harbors_form() {
    let app = TestApp::start().await;
    let answer = app.get(&format!("{INSTANCES}/none")).await;
    let expected: Value =
        json!({ "errors": [{ "code": "NOT_FOUND", "message": "instance none not found" }] });
    assert_eq!(answer.json(), expected);
    assert!(
        answer.header("content-type").starts_with("application/json"),
        "{}",
        answer.header("content-type")
    );
}
