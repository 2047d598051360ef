//! Where senders knock: who is let in, what is taken, and what everybody else is told.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use poem::http::{HeaderName, HeaderValue, Method};
use poem::{Body, Request};
use serde_json::{Value, json};

use crate::support::app::{Answer, TestApp};

const SECRET: &str = "hidden-secret-of-the-sender";
const PUSH: &str = include_str!("../data/events/distribution-push.json");
const AT: &str = "/api/v1/events/origin";

async fn app(secrets: &[&str]) -> TestApp {
    let app = TestApp::start().await;
    let registry = json!({ "name": "origin", "url": "http://registry.test:5000", "event_secrets": secrets });
    app.create("/api/v1/registries", &registry).await;
    app
}

fn delivery(path: &str, headers: &[(&str, &str)], body: &str) -> Request {
    let mut request = Request::builder()
        .method(Method::POST)
        .uri_str(path)
        .header("content-type", "application/vnd.docker.distribution.events.v1+json")
        .body(Body::from(body.to_owned()));
    for (name, value) in headers {
        let name: HeaderName = name.parse().unwrap();
        request.headers_mut().insert(name, HeaderValue::from_str(value).unwrap());
    }
    request
}

async fn send(app: &TestApp, headers: &[(&str, &str)], body: &str) -> Answer {
    app.send(delivery(AT, headers, body)).await
}

fn signed(secret: &str, body: &str) -> String {
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, secret.as_bytes());
    format!("sha256={}", hex::encode(ring::hmac::sign(&key, body.as_bytes())))
}

#[tokio::test]
async fn a_delivery_is_stored_before_it_is_answered() {
    let app = app(&[SECRET]).await;
    let answer = send(&app, &[("authorization", SECRET)], PUSH).await;

    assert_eq!(answer.status, 202, "{}", answer.text);
    let receipt = answer.json();
    let id = receipt["delivery"].as_i64().unwrap();
    assert_eq!(receipt, json!({ "delivery": id, "accepted": 2, "duplicates": 0, "ignored": 1 }));
    assert_eq!(app.rows("events").await, 2);

    let shown = app.get(&format!("{AT}/deliveries/{id}")).await.json();
    assert_eq!((&shown["format"], &shown["notices_total"]), (&json!("distribution"), &json!(3)));
    let layer = &shown["notices"][0];
    assert_eq!(layer["fate"], "ignored");
    assert_eq!(layer["reason"], "a push of application/octet-stream, which is no manifest of an image");
    let index = &shown["notices"][2];
    assert_eq!(
        (&index["about"], &index["fate"], &index["kind"]),
        (&json!("team/app:1.2"), &json!("accepted"), &json!("push"))
    );
    assert_eq!(index["occurred_at"], "2026-03-01T12:00:00+00:00");
    let event = &index["event"];
    assert_eq!(
        (&event["status"], &event["tags"], &event["kinds"]),
        (&json!("pending"), &json!(["1.2"]), &json!(["push"]))
    );
}

#[tokio::test]
async fn the_same_delivery_again_is_a_duplicate() {
    let app = app(&[SECRET]).await;
    send(&app, &[("authorization", SECRET)], PUSH).await;
    let again = send(&app, &[("authorization", SECRET)], PUSH).await.json();
    assert_eq!(
        (&again["accepted"], &again["duplicates"], &again["ignored"]),
        (&json!(0), &json!(2), &json!(1))
    );
    assert_eq!(app.rows("events").await, 2);
}

#[tokio::test]
async fn every_way_to_present_the_secret_lets_in() {
    let app = app(&[SECRET]).await;
    let bearer = format!("Bearer {SECRET}");
    let lower = format!("bearer {SECRET}");
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("anybody:{SECRET}")));
    let signature = signed(SECRET, PUSH);
    let ways = [
        ("authorization", SECRET),
        ("authorization", &bearer),
        ("authorization", &lower),
        ("authorization", &basic),
        ("x-forewarm-secret", SECRET),
        ("x-api-key", SECRET),
        ("x-hub-signature-256", &signature),
    ];
    for way in ways {
        let answer = send(&app, &[way], PUSH).await;
        assert_eq!(answer.status, 202, "{way:?}: {}", answer.text);
    }
    let in_query = delivery(&format!("{AT}?secret={SECRET}"), &[], PUSH);
    assert_eq!(app.send(in_query).await.status, 202);
}

#[tokio::test]
async fn whoever_has_no_secret_is_turned_away_and_leaves_nothing() {
    let app = app(&[SECRET]).await;
    let other_body = signed(SECRET, "another body");
    let other_secret = signed("another-secret-altogether", PUSH);
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("{SECRET}:wrong")));
    let none: [&[(&str, &str)]; 9] = [
        &[],
        &[("authorization", "")],
        &[("authorization", "wrong")],
        &[("authorization", &SECRET[1..])],
        &[("authorization", &basic)],
        &[("x-forewarm-secret", "wrong")],
        &[("x-hub-signature-256", &other_body)],
        &[("x-hub-signature-256", &other_secret)],
        &[("x-hub-signature-256", "sha256=zz")],
    ];
    for headers in none {
        let answer = send(&app, headers, PUSH).await;
        assert_eq!(answer.status, 401, "{headers:?}: {}", answer.text);
        assert!(
            answer.complaints().starts_with("the secret is missing or wrong: send one of"),
            "{}",
            answer.text
        );
        assert!(!answer.header("www-authenticate").is_empty());
        assert!(!answer.text.contains("team/app"), "nothing of the body is repeated");
    }
    // Also when the body is no delivery at all: a stranger learns nothing about that.
    assert_eq!(send(&app, &[], "not json").await.status, 401);
    assert_eq!((app.rows("deliveries").await, app.rows("delivery_events").await), (0, 0));
}

#[tokio::test]
async fn a_registry_without_secrets_takes_nothing_and_says_how_to_change_that() {
    let app = app(&[]).await;
    for headers in [&[][..], &[("authorization", "")], &[("x-forewarm-secret", "")]] {
        let answer = send(&app, headers, PUSH).await;
        assert_eq!(answer.status, 401);
        let complaint = answer.complaints();
        assert!(
            complaint.contains("registry 'origin' takes no events: give it a secret first"),
            "{complaint}"
        );
        assert!(complaint.contains("event_secrets"), "{complaint}");
    }
}

#[tokio::test]
async fn secrets_are_changed_one_by_one_without_losing_an_event() {
    let (old, new) = ("hidden-old-secret-0123", "hidden-new-secret-4567");
    let app = app(&[old]).await;
    let registry = |secrets: Value| json!({ "name": "origin", "url": "http://registry.test:5000", "event_secrets": secrets });
    let update = async |secrets: Value| {
        let answer = app.put("/api/v1/registries/origin", &registry(secrets)).await;
        assert_eq!(answer.status, 200, "{}", answer.text);
    };
    let status = async |secret: &str| send(&app, &[("authorization", secret)], PUSH).await.status;

    update(json!([old, new])).await;
    assert_eq!((status(old).await, status(new).await), (202, 202));
    update(json!([new])).await;
    assert_eq!((status(old).await, status(new).await), (401, 202));
    update(json!([])).await;
    assert_eq!(status(new).await, 401);
}

#[tokio::test]
async fn to_a_stranger_an_unknown_registry_is_one_that_takes_no_events() {
    let app = app(&[SECRET]).await;
    let answer = app.send(delivery("/api/v1/events/nowhere", &[("authorization", SECRET)], PUSH)).await;
    assert_eq!(answer.status, 401);
    assert!(answer.complaints().starts_with("registry 'nowhere' takes no events"), "{}", answer.text);
    assert_eq!(app.get("/api/v1/events/nowhere/deliveries").await.status, 404);
    assert_eq!(app.get("/api/v1/events/origin/deliveries/1").await.status, 404);
}

#[tokio::test]
async fn a_malformed_delivery_is_refused_and_not_kept() {
    let app = app(&[SECRET]).await;
    let cases = [
        (AT.to_owned(), "not json", "the body is not JSON"),
        (AT.to_owned(), r#"{"events":{}}"#, "distribution: the body has no list 'events'"),
        (format!("{AT}?format=harbor"), PUSH, "harbor: the body must have 'type' and 'event_data'"),
        (format!("{AT}?format=gitea"), PUSH, "format: must be one of distribution, harbor"),
    ];
    for (path, body, complaint) in cases {
        let answer = app.send(delivery(&path, &[("authorization", SECRET)], body)).await;
        assert_eq!(answer.status, 400, "{path}: {}", answer.text);
        assert!(answer.complaints().starts_with(complaint), "{path}: {}", answer.text);
    }
    assert_eq!(app.rows("deliveries").await, 0);
}

#[tokio::test]
async fn a_delivery_of_more_than_a_mebibyte_is_too_large() {
    let app = app(&[SECRET]).await;
    let events = |blanks: usize| format!("{{\"events\":[]{}}}", " ".repeat(blanks));
    let fits = events(1024 * 1024 - 13);
    assert_eq!(fits.len(), 1024 * 1024);
    assert_eq!(send(&app, &[("authorization", SECRET)], &fits).await.status, 202);
    let answer = send(&app, &[("authorization", SECRET)], &events(1024 * 1024 - 12)).await;
    assert_eq!(answer.status, 413, "{}", answer.text);
    assert_eq!(app.rows("deliveries").await, 1);
}

#[tokio::test]
async fn any_content_type_and_events_in_headers_are_taken() {
    let app = app(&[SECRET]).await;
    let zot = include_str!("../data/events/zot-updated.json");
    let headers = [
        ("authorization", SECRET),
        ("content-type", "application/json"),
        ("ce-specversion", "1.0"),
        ("ce-type", "zotregistry.image.updated"),
        ("ce-source", "zotregistry.dev"),
        ("ce-id", "1"),
    ];
    let answer = send(&app, &headers, zot).await;
    assert_eq!(answer.status, 202, "{}", answer.text);
    let quay = include_str!("../data/events/quay-push.json");
    let mut request = delivery(&format!("{AT}?secret={SECRET}"), &[("content-type", "text/plain")], quay);
    assert_eq!(app.send(request).await.json()["accepted"], 2, "one for each tag");
    request = delivery(&format!("{AT}?secret={SECRET}"), &[], quay);
    request.headers_mut().remove("content-type");
    assert_eq!(app.send(request).await.json()["duplicates"], 2);
}

#[tokio::test]
async fn a_sender_of_cloudevents_is_told_that_it_may_send() {
    let app = app(&[SECRET]).await;
    let ask = |path: &str, origin: Option<&str>| {
        let mut request = Request::builder().method(Method::OPTIONS).uri_str(path).finish();
        if let Some(origin) = origin {
            request.headers_mut().insert("webhook-request-origin", HeaderValue::from_str(origin).unwrap());
        }
        request
    };
    let answer = app.send(ask(AT, Some("eventgrid.azure.net"))).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("webhook-allowed-origin"), "eventgrid.azure.net");
    assert_eq!(answer.header("webhook-allowed-rate"), "*");
    assert!(answer.header("allow").contains("POST"));
    for (path, origin) in
        [(AT, None), ("/api/v1/registries", Some("x")), ("/api/v1/events/origin/deliveries", Some("x"))]
    {
        let answer = app.send(ask(path, origin)).await;
        assert_eq!((answer.status, answer.header("webhook-allowed-origin")), (204, ""), "{path}");
    }
}

#[tokio::test]
async fn deliveries_are_listed_newest_first_in_pages() {
    let app = app(&[SECRET]).await;
    for n in 0..3 {
        let body = json!({ "events": [{ "id": n.to_string(), "action": "pull" }] }).to_string();
        send(&app, &[("authorization", SECRET)], &body).await;
    }
    let many: Vec<Value> = (0..30)
        .map(|n| json!({ "id": format!("m{n}"), "action": "push", "target": { "repository": "a", "tag": format!("v{n}") } }))
        .collect();
    send(&app, &[("authorization", SECRET)], &json!({ "events": many }).to_string()).await;

    let page = app.get(&format!("{AT}/deliveries?page_size=2")).await;
    assert_eq!(page.header("x-total-count"), "4");
    assert!(page.header("link").contains("page=2"));
    let newest = &page.json()[0];
    assert_eq!((&newest["notices_total"], newest["notices"].as_array().unwrap().len()), (&json!(30), 20));
    let whole = app.get(&format!("{AT}/deliveries/{}", newest["id"])).await.json();
    assert_eq!(whole["notices"].as_array().unwrap().len(), 30);
    let last = app.get(&format!("{AT}/deliveries?page_size=2&page=2")).await.json();
    assert_eq!(last.as_array().unwrap().len(), 2);
    assert!(last[1]["id"].as_i64() < last[0]["id"].as_i64());
}

#[tokio::test]
async fn a_registry_can_be_deleted_with_what_it_told() {
    let app = app(&[SECRET]).await;
    send(&app, &[("authorization", SECRET)], PUSH).await;
    assert_eq!(app.delete("/api/v1/registries/origin").await.status, 204);
    assert_eq!(
        (app.rows("deliveries").await, app.rows("events").await, app.rows("event_keys").await),
        (0, 0, 0)
    );
}
