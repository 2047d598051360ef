//! From a policy to a warm cache, with real processes on both ends.

use std::os::unix::fs::PermissionsExt;

use forewarm_store::embedded::{Embedded, EmbeddedOptions};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::access;
use crate::support::docker_registry::DockerRegistry;
use crate::support::postgres::database;
use crate::support::server::{ADMIN_PASSWORD, Server, command, signal_to};

#[tokio::test(flavor = "multi_thread")]
async fn a_policy_fills_a_real_mirror_and_the_next_pull_leaves_the_origin_alone() {
    let origin = DockerRegistry::origin().await;
    let mirror = DockerRegistry::mirror_of(&origin).await;
    let image = origin.push_image("shop/cart/api", "v1").await;
    let index = origin.push_index("shop/web", "v2", &["linux/amd64", "linux/arm64"]).await;
    origin.push_image("shop/web", "nightly").await;
    let database = database().await;
    let server = Server::on(&database.url).await;

    let id = run_policy(
        &server,
        &origin,
        &json!({"name": "mirror", "vendor": "mirror", "endpoint": mirror.url()}),
    )
    .await;
    let execution = server.ended(id).await;

    assert_eq!(execution["status"], "success", "{execution}");
    assert_eq!(execution["counts"]["success"], 3, "one image, and two platforms of an index: {execution}");
    for pushed in [&image, &index] {
        for digest in pushed.blobs.iter().chain(&pushed.children).chain([&pushed.digest]) {
            mirror.comes_to_hold(digest).await;
        }
    }
    let before = origin.blob_gets();
    pull(&mirror, "shop/cart/api", "v1").await;
    pull(&mirror, "shop/web", "v2").await;
    assert_eq!(origin.blob_gets(), before, "the second pull reads no blob of the origin");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_and_a_worker_of_their_own_share_an_embedded_postgres() {
    let origin = DockerRegistry::origin().await;
    let mirror = DockerRegistry::mirror_of(&origin).await;
    origin.push_image("shop/web", "v1").await;
    let folder = passable_folder();
    let state_dir = folder.path().join("state");
    let state = state_dir.to_str().unwrap();
    let variables = [("FOREWARM_STATE_DIR", state), ("FOREWARM_NO_WORKER", "true")];
    let mut server = Server::start(&variables).await;

    let id = run_policy(
        &server,
        &origin,
        &json!({"name": "mirror", "vendor": "mirror", "endpoint": mirror.url()}),
    )
    .await;
    let (_, waiting) = server.get(&format!("/api/v1/executions/{id}")).await;
    assert_eq!(waiting["status"], "pending", "there is no worker yet");
    let mut worker = command("worker", &[("FOREWARM_STATE_DIR", state)]).spawn().unwrap();
    assert_eq!(server.ended(id).await["status"], "success");

    signal_to(&worker, Signal::TERM);
    assert!(worker.wait().await.unwrap().success(), "the worker ends in order");
    server.signal(Signal::TERM);
    assert!(server.process.wait().await.unwrap().success(), "the server ends in order");
    assert!(!state_dir.join("data/postmaster.pid").exists(), "and its Postgres with it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_killed_with_its_embedded_postgres_goes_on_where_it_was() {
    let origin = DockerRegistry::origin().await;
    let mirror = DockerRegistry::mirror_of(&origin).await;
    for i in 0..40 {
        origin.push_image("shop/web", &format!("v{i}")).await;
    }
    let folder = passable_folder();
    let state_dir = folder.path().join("state");
    let variables = [("FOREWARM_STATE_DIR", state_dir.to_str().unwrap()), ("FOREWARM_LEASE_SECONDS", "3")];
    let mut server = Server::start(&variables).await;
    let instance =
        json!({"name": "mirror", "vendor": "mirror", "endpoint": mirror.url(), "max_in_flight": 2});
    let id = run_policy(&server, &origin, &instance).await;
    let path = format!("/api/v1/executions/{id}");
    server.wait_until(&path, |_, execution| execution["counts"]["success"].as_i64() > Some(3)).await;

    server.process.kill().await.unwrap(); // SIGKILL
    let server = Server::start(&variables).await;
    let execution = server.ended(id).await;

    assert_eq!(
        (&execution["status"], &execution["counts"]["success"]),
        (&json!("success"), &json!(40)),
        "{execution}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn without_its_database_the_server_says_503_and_then_goes_on_with_its_work() {
    let folder = passable_folder();
    let options =
        || EmbeddedOptions { sync_initdb: false, ..EmbeddedOptions::new(folder.path().join("state")) };
    let postgres = Embedded::start(options()).await.unwrap();
    let url = postgres.url();
    let migrated = command("migrate", &[("FOREWARM_DATABASE_URL", &url)]).status().await.unwrap();
    assert!(migrated.success());
    let origin = DockerRegistry::origin().await;
    let mirror = DockerRegistry::mirror_of(&origin).await;
    for i in 0..40 {
        origin.push_image("shop/web", &format!("v{i}")).await;
    }
    let mut server = Server::start(&[("FOREWARM_DATABASE_URL", &url), ("FOREWARM_LEASE_SECONDS", "3")]).await;
    server.authorization = access::basic("admin", ADMIN_PASSWORD);
    let instance =
        json!({"name": "mirror", "vendor": "mirror", "endpoint": mirror.url(), "max_in_flight": 2});
    let id = run_policy(&server, &origin, &instance).await;
    let path = format!("/api/v1/executions/{id}");
    server.wait_until(&path, |_, execution| execution["counts"]["success"].as_i64() > Some(3)).await;

    postgres.stop().await.unwrap();
    let refused = server.wait_until("/api/v1/registries", |status, _| status == 503).await;
    assert!(refused["errors"][0]["message"].is_string(), "{refused}");
    assert_eq!(server.get("/readyz").await.0, 503);
    assert_eq!(server.get("/livez").await.0, 200);
    // Longer than a lease: what was under way is taken up again.
    tokio::time::sleep(std::time::Duration::from_secs(4)).await;

    let _postgres = Embedded::start(options()).await.unwrap();
    let execution = server.ended(id).await;
    assert_eq!(
        (&execution["status"], &execution["counts"]["success"]),
        (&json!("success"), &json!(40)),
        "{execution}"
    );
    assert!(server.process.try_wait().unwrap().is_none(), "the same process all the time");
    let lines = server.log().lines().count();
    assert!(lines < 100, "an outage is told, not shouted: {lines} lines\n{}", server.log());
}

/// A folder that the embedded Postgres, which may run as another user, can get through.
fn passable_folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o711)).unwrap();
    folder
}

/// Makes registry, instance, project and policy (tags `v*`), runs it, and returns the execution's id.
async fn run_policy(server: &Server, origin: &DockerRegistry, instance: &Value) -> i64 {
    server.create("/api/v1/registries", &json!({"name": "hub", "kind": "oci", "url": origin.url()})).await;
    server.create("/api/v1/instances", instance).await;
    server.create("/api/v1/projects", &json!({"name": "shop", "registry": "hub", "namespace": "shop"})).await;
    let policy = json!({"name": "releases", "instances": [instance["name"]],
                        "filters": [{"type": "tag", "pattern": "v*"}]});
    server.create("/api/v1/projects/shop/policies", &policy).await;
    let execution = server.create("/api/v1/projects/shop/policies/releases/executions", &json!({})).await;
    execution["id"].as_i64().unwrap()
}

/// Reads an image the way a node does: manifest by tag, children, blobs.
async fn pull(mirror: &DockerRegistry, repository: &str, tag: &str) {
    let client = reqwest::Client::new();
    let mut manifests = vec![tag.to_owned()];
    while let Some(reference) = manifests.pop() {
        let url = format!("{}/v2/{repository}/manifests/{reference}", mirror.url());
        let accept = "application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json, \
                      application/vnd.docker.distribution.manifest.v2+json, \
                      application/vnd.docker.distribution.manifest.list.v2+json";
        let manifest: Value =
            client.get(url).header("accept", accept).send().await.unwrap().json().await.unwrap();
        for child in manifest["manifests"].as_array().into_iter().flatten() {
            manifests.push(child["digest"].as_str().unwrap().to_owned());
        }
        let layers = manifest["layers"].as_array().into_iter().flatten();
        for blob in layers.chain(manifest.get("config")) {
            let url = format!("{}/v2/{repository}/blobs/{}", mirror.url(), blob["digest"].as_str().unwrap());
            let answer = client.get(url).send().await.unwrap();
            assert_eq!(answer.status(), 200);
            answer.bytes().await.unwrap();
        }
    }
}
