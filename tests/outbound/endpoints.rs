//! What users are told: when they enter an address, when they ping, and when a task fails at night.

use forewarm_domain::status::Status;
use forewarm_fake::registry::{ImageSpec, Registry as Fake};
use forewarm_http::Rules;
use forewarm_store::Store;
use forewarm_worker::{Settings, Worker};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::script::Script;
use crate::support::app::{TestApp, endpoint_with, request, send};
use crate::support::lab::Lab;
use crate::support::outbound::outbound;

const REFUSED: [&str; 4] = [
    "http://169.254.169.254/",
    "http://[::ffff:a9fe:a9fe]:8080",
    "http://metadata.google.internal",
    "http://0.0.0.0:5000",
];

/// Asks the API of this store, whose outbound clients resolve names by the script.
async fn ping(store: &Store, script: &Script, path: &str) -> Value {
    let outbound = script.outbound(Rules::new(true, vec![], vec![]));
    let api = endpoint_with(store.clone(), outbound, CancellationToken::new());
    let answer = send(&api, request(poem::http::Method::POST, path)).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn nothing_with_an_address_that_is_always_refused_can_be_created() {
    let app = TestApp::start().await;
    for url in REFUSED {
        let bodies = [
            ("/api/v1/registries", json!({"name": "a", "url": url})),
            ("/api/v1/instances", json!({"name": "a", "vendor": "mirror", "endpoint": url})),
            (
                "/api/v1/instances",
                json!({"name": "a", "vendor": "dragonfly", "endpoint": "http://manager.test",
                       "settings": {"registry_url": url}}),
            ),
        ];
        for (path, body) in bodies {
            let answer = app.post(path, &body).await;
            assert_eq!(answer.status, 400, "{path} {url}: {}", answer.text);
            assert!(answer.complaints().contains("must not be connected to: "), "{}", answer.text);
        }
    }
    assert_eq!((app.rows("registries").await, app.rows("instances").await), (0, 0));
}

#[tokio::test]
async fn nothing_can_be_changed_to_an_address_that_is_always_refused() {
    let app = TestApp::start().await;
    app.furnish().await;
    for url in REFUSED {
        let instance = json!({"name": "edge", "vendor": "mirror", "endpoint": url});
        assert_eq!(app.put("/api/v1/instances/edge", &instance).await.status, 400, "{url}");
        let registry = json!({"name": "origin", "url": url});
        assert_eq!(app.put("/api/v1/registries/origin", &registry).await.status, 400, "{url}");
    }
    assert_eq!(app.get("/api/v1/instances/edge").await.json()["endpoint"], "http://mirror.test:5000");
}

#[tokio::test]
async fn files_at_addresses_that_are_always_refused_are_not_preheated() {
    let app = TestApp::start().await;
    app.furnish().await;
    for url in REFUSED {
        let body = json!({"type": "file", "urls": ["https://files.example.com/a", url]});
        let answer = app.post("/api/v1/preheats", &body).await;
        assert_eq!(answer.status, 400, "{url}: {}", answer.text);
        assert!(answer.complaints().starts_with("urls[1]: must not be connected to: "), "{}", answer.text);
    }
    assert_eq!(app.rows("executions").await, 0);
}

#[tokio::test]
async fn loopback_is_refused_at_creation_unless_it_is_allowed() {
    let app = TestApp::start().await;
    let strict = Script::of(&[&[]]).outbound(Rules::default());
    let strict = endpoint_with(app.store.clone(), strict, CancellationToken::new());
    for url in ["http://127.0.0.1:5000", "http://localhost:5000", "http://[::1]"] {
        let body = json!({"name": "local", "vendor": "mirror", "endpoint": url});
        let post = request(poem::http::Method::POST, "/api/v1/instances");
        let answer = send(&strict, crate::support::app::with_json(post, &body)).await;
        assert_eq!(answer.status, 400, "{url}: {}", answer.text);
        assert!(answer.complaints().contains("refused without --allow-loopback"), "{}", answer.text);
    }
    let body = json!({"name": "local", "vendor": "mirror", "endpoint": "http://127.0.0.1:5000"});
    app.create("/api/v1/instances", &body).await;
}

#[tokio::test]
async fn what_was_stored_before_the_rules_can_be_edited_but_is_not_connected_to() {
    let lab = Lab::start().await;
    lab.instance(Lab::draft("old", "mirror", "http://169.254.169.254/")).await;
    let api = endpoint_with(lab.store.clone(), outbound(), CancellationToken::new());
    let body =
        json!({"name": "old", "vendor": "mirror", "endpoint": "http://169.254.169.254/", "enabled": false});
    let put = request(poem::http::Method::PUT, "/api/v1/instances/old");
    assert_eq!(send(&api, crate::support::app::with_json(put, &body)).await.status, 200);

    let found = ping(&lab.store, &Script::of(&[&[]]), "/api/v1/instances/old/ping").await;

    let why = "http://169.254.169.254: not connected: 169.254.169.254 is a cloud metadata address, \
               refused without --allow-address 169.254.169.254";
    assert_eq!((&found["healthy"], &found["reason"]), (&json!(false), &json!(why)));
    let kept = lab.store.instances().get("old").await.unwrap().unwrap().health.unwrap();
    assert_eq!(kept.reason, why, "the same as health");
}

#[tokio::test]
async fn an_engine_and_a_registry_whose_names_lead_to_a_refused_address_say_so_at_ping() {
    let lab = Lab::start().await;
    lab.instance(Lab::draft("edge", "mirror", "http://engine.test:5000")).await;
    lab.instance(Lab::draft("manager", "dragonfly", "http://engine.test:8080")).await;
    lab.instance(Lab::draft("kraken", "kraken", "http://engine.test:8081")).await;
    lab.registry("hub", "http://engine.test").await;
    let script = Script::of(&[&["169.254.169.254"]]);

    for path in ["instances/edge", "instances/manager", "instances/kraken", "registries/hub"] {
        let found = ping(&lab.store, &script, &format!("/api/v1/{path}/ping")).await;
        let reason = found["reason"].as_str().unwrap();
        assert_eq!(found["healthy"], false, "{path}");
        let why = "engine.test leads to 169.254.169.254, which is a cloud metadata address, refused without";
        assert!(reason.contains(why), "{path}: {reason}");
    }
}

#[tokio::test]
async fn a_task_fails_at_once_and_says_why_when_the_engine_s_name_leads_elsewhere_after_a_good_ping() {
    let mut lab = Lab::start().await;
    let images = Fake::start().await.unwrap();
    images.push_image("shop/web", "v1", ImageSpec::default());
    let registry = lab.registry("hub", &images.url()).await;
    let engine = images.url().replace("127.0.0.1", "engine.test");
    let edge = lab.instance(Lab::draft("edge", "mirror", &engine)).await;
    // Each process looks for itself: first the API, then the worker.
    let script = Script::of(&[&["127.0.0.1"], &["169.254.169.254"]]);
    let rules = Rules::new(true, vec![], vec![]);
    assert_eq!(ping(&lab.store, &script, "/api/v1/instances/edge/ping").await["healthy"], true);
    let before = images.recorder().requests().len();
    lab.worker = Worker::new(lab.store.clone(), script.outbound(rules), Settings::default());

    let id = lab.execute(Lab::images(&registry, &[("shop/web", "v1")], &[&edge])).await;
    lab.run_dry().await;

    let tasks = lab.tasks(id).await;
    let [task] = tasks.as_slice() else { panic!("{tasks:?}") };
    assert_eq!((task.status, task.attempt), (Status::Error, 1), "{task:?}");
    let why = "engine.test leads to 169.254.169.254, which is a cloud metadata address";
    assert!(task.message.contains(why), "{}", task.message);
    let asked = images.recorder().requests();
    let through_engine = asked[before..].iter().filter(|request| request.path.contains("/blobs/"));
    assert_eq!(through_engine.count(), 0, "nothing was read");
}
