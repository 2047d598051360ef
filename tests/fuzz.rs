//! Schemathesis against a running server: whatever is sent, the answers are those that the document promises.
//!
//! A short, always equal run here; `make fuzz` makes long ones that differ.

use std::process::Stdio;

use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Cluster, Dragonfly, Knobs, TEST_TOKEN};
use forewarm_fake::registry::Registry;
use serde_json::json;
use tokio::process::Command;

use crate::support::postgres::{Database, database};
use crate::support::python;
use crate::support::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_of_the_native_api_is_answered_as_its_document_says() {
    let scene = Scene::start().await;
    scene.fuzz("/openapi.json").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_asked_in_harbors_words_is_answered_as_their_document_says() {
    let scene = Scene::start().await;
    scene.fuzz("/openapi-harbor.json").await;
}

/// A server with something of everything, so that more is found than "there is no such thing".
struct Scene {
    server: Server,
    _registry: Registry,
    _dragonfly: Dragonfly,
    _database: Database,
}

impl Scene {
    async fn start() -> Self {
        let database = database().await;
        let registry = Registry::start().await.unwrap();
        registry.holds(&["shop/web:v1", "shop/web:v2", "shop/db:v1"]);
        let dragonfly = Dragonfly::start_with(fast()).await.unwrap();
        let server = Server::start(&variables(&database)).await;
        furnish(&server, &registry.url(), &dragonfly.url()).await;
        Self { server, _registry: registry, _dragonfly: dragonfly, _database: database }
    }

    /// Fails with schemathesis' own report.
    async fn fuzz(&self, document: &str) {
        let report = self.report(document).await;
        assert!(report.contains("No issues found"), "it tried nothing:\n{report}");
        let (status, caller) = self.server.get("/api/v1/users/current").await;
        assert_eq!(status, 200, "it lost its rights on the way, and tried little after that: {caller}");
        eprintln!("{report}");
    }

    async fn report(&self, document: &str) -> String {
        let mut command = Command::new(python::programs().join("schemathesis"));
        command.arg("--config-file").arg(python::file("schemathesis.toml")).arg("run");
        command.args(["--no-color", "--warnings=off", "--generation-database=none", "--request-timeout=30"]);
        command.arg("--header").arg(format!("Authorization: {}", self.server.authorization));
        command.env("SCHEMATHESIS_HOOKS", python::file("schemathesis_hooks.py"));
        command.args(effort()).arg(format!("{}{document}", self.server.url));
        command.current_dir(env!("CARGO_TARGET_TMPDIR")).stdin(Stdio::null()).kill_on_drop(true);
        let output = command.output().await.unwrap();
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{report}\n{complaint}");
        report
    }
}

fn variables(database: &Database) -> [(&str, &str); 5] {
    [
        ("FOREWARM_DATABASE_URL", &database.url),
        // Looks in the background would only add to what the requests themselves make it do.
        ("FOREWARM_HEALTH_SECONDS", "0"),
        // Whatever address is made up, nothing leaves this machine.
        ("FOREWARM_ALLOW_ADDRESS", "127.0.0.0/8,::1,localhost"),
        // It asks as fast as it can, and tries that wrong credentials are refused: 429 would hide all else.
        ("FOREWARM_REQUESTS_PER_SECOND", "0"),
        ("FOREWARM_LOGIN_FAILURES", "10000"),
    ]
}

/// How long to try: equally each time and not for long, or as `make fuzz` says.
fn effort() -> Vec<String> {
    match std::env::var("FOREWARM_FUZZ") {
        Ok(wish) => wish.split_whitespace().map(str::to_owned).collect(),
        Err(_) => ["--max-examples=8", "--seed=1", "--no-shrink"].map(str::to_owned).into(),
    }
}

/// Lives a hundred times as fast as a real manager.
fn fast() -> Knobs {
    let cluster = Cluster { job_rate_limit: 1_000_000, ..Cluster::new(1) };
    Knobs { clock: Clock::scaled(100.0), clusters: vec![cluster], ..Knobs::default() }
}

/// What `schemathesis.toml` names, and two runs that are over. Nobody listens on port 1.
async fn furnish(server: &Server, registry: &str, dragonfly: &str) {
    let nowhere = "http://127.0.0.1:1";
    let secrets = json!(["a-secret-of-senders"]);
    for (name, url) in [("origin", registry), ("gone", nowhere)] {
        let body = json!({ "name": name, "url": url, "event_secrets": secrets });
        server.create("/api/v1/registries", &body).await;
    }
    let auth = json!({ "mode": "bearer", "secret": TEST_TOKEN });
    let dragonfly = json!({ "name": "dragonfly", "vendor": "dragonfly", "endpoint": dragonfly, "auth": auth,
                            "settings": { "check_seconds": 1 } });
    server.create("/api/v1/instances", &dragonfly).await;
    // A registry can be read through itself: a mirror that works.
    for (name, endpoint) in [("edge", registry), ("refusing", nowhere)] {
        let body =
            json!({ "name": name, "vendor": "mirror", "endpoint": endpoint, "default": name == "edge" });
        server.create("/api/v1/instances", &body).await;
    }
    for (project, registry) in [("shop", "origin"), ("lost", "gone")] {
        let body = json!({ "name": project, "registry": registry, "namespace": "shop" });
        server.create("/api/v1/projects", &body).await;
    }
    let all = json!(["edge", "dragonfly"]);
    for (project, policy, instances) in [
        ("shop", "nightly", &all),
        ("shop", "weekly", &json!(["refusing"])),
        ("shop", "doomed-1", &all),
        ("shop", "doomed-2", &all),
        ("lost", "unreachable", &all),
    ] {
        let body = json!({ "name": policy, "instances": instances });
        server.create(&format!("/api/v1/projects/{project}/policies"), &body).await;
    }
    let grants = json!([{ "role": "project_viewer", "projects": ["shop"] }]);
    let user = json!({ "name": "reader", "password": "a password of some length", "grants": grants });
    server.create("/api/v1/users", &user).await;
    server.create("/api/v1/tokens", &json!({ "name": "reading", "role": "project_viewer" })).await;
    run(server, "/api/v1/projects/shop/policies/nightly/executions", json!({})).await;
    let image =
        json!({ "type": "image", "images": ["shop/web:v1"], "registry": "origin", "instances": ["edge"] });
    run(server, "/api/v1/preheats", image).await;
}

async fn run(server: &Server, path: &str, body: serde_json::Value) {
    let execution = server.create(path, &body).await;
    let ended = server.ended(execution["id"].as_i64().unwrap()).await;
    assert_eq!(ended["status"], "success", "{ended}");
}
