//! What bad input gets: a clear no, and nothing written.

use super::*;

#[tokio::test]
async fn bad_input_is_refused_with_the_field_named_and_writes_nothing() {
    let app = TestApp::start().await;
    app.furnish().await;
    let registry = json!({ "name": "new", "url": "http://new.test" });
    let instance = json!({ "name": "new", "vendor": "mirror", "endpoint": "http://new.test" });
    let project = json!({ "name": "new", "registry": "origin" });
    let table = [
        ("registries", &registry, json!({ "name": "-x" }), "name: "),
        ("registries", &registry, json!({ "name": "" }), "name: "),
        ("registries", &registry, json!({ "name": "a".repeat(256) }), "name: "),
        ("registries", &registry, json!({ "name": "größe" }), "name: "),
        ("registries", &registry, json!({ "url": "ftp://new.test" }), "url: "),
        ("registries", &registry, json!({ "url": "http://user:pw@new.test" }), "url: "),
        ("registries", &registry, json!({ "url": "new.test" }), "url: "),
        ("registries", &registry, json!({ "kind": "quay" }), "kind: must be one of"),
        ("registries", &registry, json!({ "repositories": ["Shop/Web"] }), "repositories[0]: "),
        ("registries", &registry, json!({ "auth": { "mode": "basic" } }), "auth.secret: "),
        ("registries", &registry, json!({ "auth": { "mode": "basic", "secret": "x" } }), "auth.username: "),
        (
            "registries",
            &registry,
            json!({ "auth": { "mode": "header", "header": "a b", "secret": "x" } }),
            "auth.header: ",
        ),
        (
            "registries",
            &registry,
            json!({ "auth": { "mode": "bearer", "secret": "x\r\ny: z" } }),
            "auth.secret: ",
        ),
        ("instances", &instance, json!({ "vendor": "squid" }), "vendor: must be one of"),
        ("instances", &instance, json!({ "endpoint": "unix:///x" }), "endpoint: "),
        (
            "instances",
            &instance,
            json!({ "max_in_flight": 0 }),
            "max_in_flight: must be a whole number from 1",
        ),
        ("instances", &instance, json!({ "max_in_flight": 1.5 }), "max_in_flight: "),
        ("instances", &instance, json!({ "submits_per_second": 0 }), "submits_per_second: "),
        (
            "instances",
            &instance,
            json!({ "settings": { "kraken_mode": "origin" } }),
            "settings.kraken_mode: ",
        ),
        ("instances", &instance, json!({ "settings": { "kraken_mode": "fast" } }), "settings.kraken_mode: "),
        ("projects", &project, json!({ "registry": "nowhere" }), "registry: there is no registry 'nowhere'"),
        ("projects", &project, json!({ "namespace": "Shop//x" }), "namespace: "),
        ("projects/shop/policies", &policy(), json!({ "instances": [] }), "instances: "),
        ("projects/shop/policies", &policy(), json!({ "instances": ["nowhere"] }), "instances[0]: "),
        ("projects/shop/policies", &policy(), json!({ "instances": ["edge", "edge"] }), "instances[1]: "),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "filters": [{ "type": "tag", "pattern": "[" }] }),
            "filters[0].pattern: ",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "filters": [{ "type": "size" }] }),
            "filters[0].type: must be one of",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "filters": [{ "type": "label", "labels": [] }] }),
            "filters[0].labels: ",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "trigger": { "type": "hourly" } }),
            "trigger.type: must be one of manual",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "trigger": { "type": "event", "events": ["pull"] } }),
            "trigger.events[0]: must be one of push",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "trigger": { "type": "event", "events": [] } }),
            "trigger.events: ",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "filters": [{ "type": "vulnerability", "max_severity": "terrible" }] }),
            "filters[0].max_severity: must be one of none",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "filters": [{ "type": "signature", "signed": "true" }] }),
            "filters[0].signed: ",
        ),
        ("projects", &project, json!({ "criteria": { "max_severity": 3 } }), "criteria.max_severity: "),
        ("registries", &registry, json!({ "event_secrets": ["hidden-short"] }), "event_secrets[0]: "),
        ("registries", &registry, json!({ "watch_interval": 1 }), "watch_interval: "),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "options": { "scope": "everyone" } }),
            "options.scope: must be one of",
        ),
        ("projects/shop/policies", &policy(), json!({ "options": { "count": 201 } }), "options.count: "),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "options": { "count": 3 } }),
            "options.count: needs scope",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "options": { "pieceLength": 4194304 } }),
            "is spelled 'piece_length'",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "options": { "scoope": "all_peers" } }),
            "options.scoope: is unknown",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "options": { "scope": "all_peers", "ips": ["10.0.0.300"] } }),
            "options.ips[0]: ",
        ),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "options": { "platforms": ["arm"] } }),
            "options.platforms[0]: ",
        ),
        ("projects/shop/policies", &policy(), json!({ "access": { "username": "x" } }), "access.username: "),
        (
            "projects/shop/policies",
            &policy(),
            json!({ "access": { "headers": { "a b": "x" } } }),
            "access.headers: ",
        ),
        ("projects/shop/policies", &policy(), json!({ "max_attempts": 0 }), "max_attempts: "),
    ];
    let before = counts(&app).await;
    for (path, good, change, complaint) in table {
        let answer = app.post(&format!("/api/v1/{path}"), &with(good, &change)).await;
        assert_eq!(answer.status, 400, "{path} {change}: {}", answer.text);
        assert!(answer.complaints().contains(complaint), "{path} {change}: {}", answer.text);
        assert!(!answer.text.contains("hidden-"), "{}", answer.text);
    }
    assert_eq!(counts(&app).await, before);
}

async fn counts(app: &TestApp) -> Vec<i64> {
    let mut counts = Vec::new();
    for table in ["registries", "instances", "projects", "policies", "policy_instances", "executions"] {
        counts.push(app.rows(table).await);
    }
    counts
}

#[tokio::test]
async fn an_option_that_a_vendor_cannot_honour_is_refused_by_name() {
    let app = TestApp::start().await;
    app.furnish().await;

    let both = with(&policy(), &json!({ "instances": ["dragonfly", "edge"] }));
    let answer = app.post(POLICIES, &both).await;

    assert_eq!(answer.status, 400);
    let complaints = answer.complaints();
    for wanted in [
        "options.scope: is an option that vendor mirror cannot honour",
        "options.count: is an option that vendor mirror cannot honour",
        "access.headers: is an option that vendor mirror cannot honour",
    ] {
        assert!(complaints.contains(wanted), "{complaints}");
    }
}

#[tokio::test]
async fn a_change_of_settings_does_not_take_a_policy_its_options() {
    let app = TestApp::start().await;
    app.furnish().await;
    let kraken = json!({ "name": "kraken", "vendor": "kraken", "endpoint": "http://kraken.test:7602" });
    app.create("/api/v1/instances", &kraken).await;
    let options = json!({ "platforms": ["linux/arm64"] });
    let body = json!({ "name": "nightly", "instances": ["kraken"], "options": options });
    app.create(POLICIES, &body).await;

    let prefetch = with(&kraken, &json!({ "settings": { "kraken_mode": "prefetch" } }));
    let answer = app.put("/api/v1/instances/kraken", &prefetch).await;

    assert_eq!(answer.status, 400, "{}", answer.text);
    let complaint = "settings: policy shop/nightly: platforms ";
    assert!(answer.complaints().starts_with(complaint), "{}", answer.text);
    let stored = app.get("/api/v1/instances/kraken").await.json();
    assert_eq!(stored["settings"], json!({}));
}

#[tokio::test]
async fn options_that_break_cache_hits_are_taken_with_a_warning() {
    let app = TestApp::start().await;
    app.furnish().await;
    let body = with(&policy(), &json!({ "options": { "tag": "blue" } }));

    let view = app.create(POLICIES, &body).await;

    assert!(view["warnings"][0].as_str().unwrap().starts_with("options.tag "), "{view}");
}

#[tokio::test]
async fn a_name_can_be_used_once() {
    let app = TestApp::start().await;
    app.furnish().await;
    app.create(POLICIES, &policy()).await;
    app.create(POLICIES, &with(&policy(), &json!({ "name": "weekly" }))).await;
    let registry = json!({ "name": "origin", "url": "http://other.test" });
    assert_eq!(app.post("/api/v1/registries", &registry).await.status, 409);
    let instance = json!({ "name": "edge", "vendor": "mirror", "endpoint": "http://other.test" });
    assert_eq!(app.post("/api/v1/instances", &instance).await.status, 409);
    assert_eq!(
        app.post("/api/v1/projects", &json!({ "name": "shop", "registry": "origin" })).await.status,
        409
    );
    assert_eq!(app.post(POLICIES, &policy()).await.status, 409);
    let renamed = app.put(&format!("{POLICIES}/weekly"), &policy()).await;
    assert_eq!((renamed.status, renamed.complaints().as_str()), (409, "name: 'nightly' is taken"));
}
