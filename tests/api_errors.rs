//! Whatever goes wrong, the answer has the common shape and says what to mend.

use forewarm_api::Exposure;
use forewarm_store::Store;
use poem::endpoint::make_sync;
use poem::http::{Method, header};
use poem::{Body, EndpointExt, Request, Route};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::app::{TestApp, endpoint, request, send, with_json};

fn json_text(path: &str, text: &str) -> Request {
    Request::builder()
        .method(Method::POST)
        .uri_str(path)
        .header(header::CONTENT_TYPE, "application/json")
        .body(text.to_owned())
}

#[tokio::test]
async fn parameters_that_make_no_sense_are_named_with_what_they_must_be() {
    let app = TestApp::start().await;
    let table = [
        ("/api/v1/registries?page=0", "page: must be a whole number from 1"),
        ("/api/v1/registries?page=x", "page: must be a whole number from 1"),
        ("/api/v1/registries?page_size=101", "page_size: must be a whole number from 1 to 100"),
        ("/api/v1/registries?sort=size", "sort: must be one of name, -name, created_at"),
        ("/api/v1/executions?status=done", "status: must be one of pending, running"),
        ("/api/v1/executions?since=yesterday", "since: must be a time like"),
        ("/api/v1/executions/first", "execution: must be a whole number"),
        ("/api/v1/tasks/99999999999999999999", "task: must be a whole number"),
        ("/api/v1/registries?q=%00", "NUL"),
        ("/api/v1/registries/a%00b", "NUL"),
    ];
    for (path, complaint) in table {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert!(answer.complaints().contains(complaint), "{path}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["code"], "BAD_REQUEST");
    }
}

#[tokio::test]
async fn bodies_that_make_no_sense_are_refused_with_the_field_named() {
    let app = TestApp::start().await;
    let table = [
        (r#"{"name":"#, "body: is not valid JSON"),
        ("", "body: is not valid JSON"),
        ("[]", "body: must be an object"),
        ("null", "body: must not be null"),
        (r#"{"name":"a"}"#, "url: is required"),
        (r#"{"name":false,"url":"http://r"}"#, "name: must be a string"),
        (r#"{"name":7,"url":"http://r"}"#, "name: must be a string"),
        (r#"{"name":"a","url":"http://r","description":null}"#, "description: must not be null"),
        (r#"{"name":"a","url":"http://r","insecure_tls":"no"}"#, "insecure_tls: must be true or false"),
        (r#"{"name":"a","url":"http://r","insecureTls":true}"#, "insecureTls: is spelled 'insecure_tls'"),
        (r#"{"name":"a","url":"http://r","repositories":["x",3]}"#, "repositories[1]: must be a string"),
        (r#"{"name":"a","url":"http://r","auth":{"mode":"magic"}}"#, "auth.mode: must be one of none, basic"),
        (r#"{"name":"a\u0000b","url":"http://r"}"#, "name: must not contain a NUL character"),
    ];
    for (body, complaint) in table {
        let answer = app.send(json_text("/api/v1/registries", body)).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.text);
        assert!(answer.complaints().contains(complaint), "{body}: {}", answer.text);
    }
    assert_eq!(app.rows("registries").await, 0);
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let app = TestApp::start().await;
    let body = json!({ "name": 3, "insecure_tls": 1, "repositories": "x" });

    let answer = app.post("/api/v1/registries", &body).await;

    let errors = answer.json()["errors"].as_array().unwrap().len();
    assert_eq!(errors, 4, "{}", answer.text);
}

#[tokio::test]
async fn an_address_without_anything_behind_it_is_not_found() {
    let app = TestApp::start().await;
    for path in ["/api/v1/nothing", "/api/v1/registries/", "/api/v1/tasks/1", "/api/v1/executions/1", "/api"]
    {
        let answer = app.get(path).await;
        assert_eq!(answer.status, 404, "{path}: {}", answer.text);
        assert_eq!(answer.json()["errors"][0]["code"], "NOT_FOUND");
    }
    // The first missing one is named, so the arguments cannot have been swapped.
    let answer = app.get("/api/v1/projects/one/policies/two").await;
    assert_eq!(answer.complaints(), "there is no project 'one'");
}

#[tokio::test]
async fn a_wrong_method_is_answered_with_the_right_ones() {
    let app = TestApp::start().await;
    let table = [
        ("/api/v1/registries", "GET, POST, HEAD, OPTIONS"),
        ("/api/v1/registries/a", "GET, PUT, DELETE, HEAD, OPTIONS"),
        ("/api/v1/executions/7/stop", "POST, OPTIONS"),
        ("/livez", "GET, HEAD, OPTIONS"),
        ("/openapi.json", "GET, HEAD, OPTIONS"),
        ("/docs/", "GET, HEAD, OPTIONS"),
        ("/", "GET, HEAD, OPTIONS"),
    ];
    for (path, allowed) in table {
        let wrong = app.send(request(Method::PATCH, path)).await;
        assert_eq!(wrong.status, 405, "{path}: {}", wrong.text);
        assert_eq!(wrong.header("allow"), allowed, "{path}");
        assert_eq!(wrong.json()["errors"][0]["code"], "METHOD_NOT_ALLOWED");

        let asked = app.send(request(Method::OPTIONS, path)).await;
        assert_eq!((asked.status, asked.header("allow")), (204, allowed), "{path}");
    }
    assert_eq!(app.send(request(Method::HEAD, "/api/v1/registries")).await.status, 200);
}

#[tokio::test]
async fn a_body_over_a_mebibyte_is_refused_whether_announced_or_not() {
    let app = TestApp::start().await;
    let text = "x".repeat(1024 * 1024 + 1);

    let announced = with_json(request(Method::POST, "/api/v1/registries"), &json!(text));
    assert_eq!(app.send(announced).await.status, 413);

    let mut chunked = json_text("/api/v1/registries", "");
    let chunks = text
        .into_bytes()
        .chunks(4096)
        .map(|chunk| Ok::<_, std::io::Error>(chunk.to_vec()))
        .collect::<Vec<_>>();
    chunked.set_body(Body::from_bytes_stream(futures::stream::iter(chunks)));
    let answer = app.send(chunked).await;
    assert_eq!(answer.status, 413);
    assert_eq!(answer.json()["errors"][0]["code"], "PAYLOAD_TOO_LARGE");
}

#[tokio::test]
async fn a_body_that_is_not_json_is_an_unsupported_media_type() {
    let app = TestApp::start().await;
    let form = Request::builder()
        .method(Method::POST)
        .uri_str("/api/v1/registries")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body("name=a");
    let bare = Request::builder().method(Method::POST).uri_str("/api/v1/registries").body("{}");
    for request in [form, bare] {
        let answer = app.send(request).await;
        assert_eq!(answer.status, 415);
        assert!(answer.complaints().contains("application/json"), "{}", answer.text);
    }
}

#[tokio::test]
async fn a_reasonable_request_id_is_kept_and_any_other_replaced() {
    let app = TestApp::start().await;
    let id_for = async |sent: &'static str| {
        let mut request = request(Method::GET, "/livez");
        request.headers_mut().insert("x-request-id", sent.parse().unwrap());
        app.send(request).await.header("x-request-id").to_owned()
    };
    assert_eq!(id_for("build-17.a_b").await, "build-17.a_b");
    for bad in ["", "two words", "<script>", "x".repeat(65).leak()] {
        let id = id_for(bad).await;
        assert_eq!(id.len(), 36, "{bad} became {id}");
    }
}

#[tokio::test]
async fn a_panic_is_an_internal_error_that_tells_nothing_but_its_request_id() {
    let routes =
        Route::new().at("/api/v1/panic", make_sync(|_| -> &'static str { panic!("the hidden cause") })).at(
            "/api/v1/fail",
            make_sync(|_| -> poem::Result<&'static str> {
                Err(poem::error::InternalServerError(std::io::Error::other("the hidden cause")))
            }),
        );
    let endpoint = forewarm_api::around(routes, Exposure::default()).map_to_response().boxed();
    for path in ["/api/v1/panic", "/api/v1/fail"] {
        let mut request = request(Method::GET, path);
        request.headers_mut().insert("x-request-id", "req-1".parse().unwrap());
        let answer = send(&endpoint, request).await;
        assert_eq!(answer.status, 500);
        assert_eq!(answer.json()["errors"][0]["code"], "INTERNAL");
        assert!(answer.complaints().contains("req-1"), "{}", answer.text);
        assert!(!answer.text.contains("hidden"), "{}", answer.text);
    }
}

#[tokio::test]
async fn without_the_database_requests_are_told_to_come_back_and_the_process_lives() {
    // Nobody listens on port 1.
    let store = Store::open("postgres://nobody@127.0.0.1:1/nothing", 2).unwrap();
    let endpoint = endpoint(store, CancellationToken::new());

    let answer = send(&endpoint, request(Method::GET, "/api/v1/registries")).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert_eq!(answer.json()["errors"][0]["code"], "UNAVAILABLE");
    assert!(answer.header("retry-after").parse::<u32>().unwrap() > 0);

    assert_eq!(send(&endpoint, request(Method::GET, "/livez")).await.status, 200);
    assert_eq!(send(&endpoint, request(Method::GET, "/readyz")).await.status, 503);
}

#[tokio::test]
async fn a_process_that_is_about_to_end_is_alive_but_not_ready() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/readyz").await.status, 200);
    assert_eq!(app.get("/healthz").await.status, 200);

    app.draining.cancel();

    assert_eq!(app.get("/readyz").await.status, 503);
    assert_eq!(app.get("/livez").await.status, 200);
}
