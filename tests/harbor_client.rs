//! The Python package `harbor-api-client`, unmodified, through everything that it can do with preheats.

use std::process::Stdio;

use chrono::Utc;
use forewarm_fake::clock::Clock;
use forewarm_fake::dragonfly::{Cluster, Dragonfly, Knobs, TEST_TOKEN};
use forewarm_fake::registry::Registry;
use serde_json::json;
use tokio::process::Command;

use crate::support::postgres::database;
use crate::support::python;
use crate::support::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_client_of_harbor_does_everything_here_that_it_can_do_there() {
    let database = database().await;
    let registry = Registry::start().await.unwrap();
    registry.holds(&["shop/web:v1", "shop/web:v2", "shop/db:v1"]);
    let quick = Dragonfly::start_with(on(Clock::scaled(100.0))).await.unwrap();
    let held = Dragonfly::start_with(on(Clock::manual(Utc::now()))).await.unwrap();
    let server = Server::on(&database.url).await;
    server.create("/api/v1/registries", &json!({ "name": "hub", "url": registry.url() })).await;
    let project = json!({ "name": "shop", "registry": "hub", "namespace": "shop" });
    server.create("/api/v1/projects", &project).await;

    let (username, password) = ("robin", "a password of some length");
    let grants = json!([{ "role": "system_admin" }]);
    let user = json!({ "name": username, "password": password, "grants": grants });
    server.create("/api/v1/users", &user).await;

    let scene = json!({
        "url": server.url, "username": username, "password": password, "authorization": server.authorization,
        "quick": quick.url(), "held": held.url(), "token": TEST_TOKEN,
    });
    live(&scene.to_string()).await;

    assert_eq!(quick.received().len(), 2, "each image once: {:?}", quick.received());
    assert_eq!(held.received().len(), 2, "each image once: {:?}", held.received());
}

/// Runs the program, and fails with what it says.
async fn live(scene: &str) {
    let mut command = Command::new(python::programs().join("python"));
    command.arg(python::file("harbor_lifecycle.py")).arg(scene);
    command.env("PYTHONDONTWRITEBYTECODE", "1").stdin(Stdio::null()).kill_on_drop(true);
    let output = command.output().await.unwrap();
    let (steps, fault) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "it came as far as:\n{steps}\n{fault}");
    assert!(steps.ends_with("all 19 operations work\n"), "{steps}");
}

/// A manager that lives in this time.
fn on(clock: Clock) -> Knobs {
    let cluster = Cluster { job_rate_limit: 1_000_000, ..Cluster::new(1) };
    Knobs { clock, clusters: vec![cluster], ..Knobs::default() }
}
