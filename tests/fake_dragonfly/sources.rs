//! From a manifest's URL to its blobs: the manager really asks the registry.

use forewarm_fake::dragonfly::{Knobs, Outcome, Script};
use forewarm_fake::registry::{self, Auth, ImageSpec, Registry};
use serde_json::{Value, json};

use super::target::{Reply, Target};

async fn registry(auth: Auth) -> Registry {
    Registry::start_with(registry::Knobs::from(auth)).await.unwrap()
}

async fn preheat(target: &Target, registry: &Registry, path: &str, args: &Value) -> Reply {
    let url = format!("{}/v2/{path}", registry.url());
    let mut body = json!({"type": "preheat", "args": {"type": "image", "url": url}});
    for (key, value) in args.as_object().unwrap() {
        body["args"][key] = value.clone();
    }
    target.post(&body).await
}

/// The digests that the row confirms, sorted.
async fn confirmed(target: &Target) -> Vec<String> {
    target.pass(30).await;
    let row = target.get("/oapi/v1/jobs/1").await.json();
    let tasks = row["result"]["job_states"][0]["results"][0]["success_tasks"].clone();
    let urls = tasks.as_array().cloned().unwrap_or_default();
    let digest = |task: &Value| task["url"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    let mut digests: Vec<String> = urls.iter().map(digest).collect();
    digests.sort();
    digests
}

fn sorted(mut digests: Vec<String>) -> Vec<String> {
    digests.sort();
    digests
}

#[tokio::test]
async fn the_blobs_are_config_and_layers_of_the_manifest_for_the_platform() {
    let (target, registry) = (Target::fake(Knobs::default()).await, registry(Auth::None).await);
    let index = registry.push_index("shop/web", "v1", &["linux/amd64", "linux/arm64"], true);
    let reply =
        preheat(&target, &registry, "shop/web/manifests/v1", &json!({"platform": "linux/arm64"})).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    assert_eq!(confirmed(&target).await, sorted(index.child("linux/arm64").unwrap().blobs.clone()));
    assert_eq!(target.fake.unwrap().received(), ["shop/web:v1"]);
}

#[tokio::test]
async fn containerds_idea_of_a_platform_takes_in_lesser_ones() {
    let (target, registry) = (Target::fake(Knobs::default()).await, registry(Auth::None).await);
    let index = registry.push_index("a", "v1", &["linux/amd64", "linux/386", "linux/arm64"], false);
    preheat(&target, &registry, "a/manifests/v1", &json!({})).await;
    let blobs = ["linux/amd64", "linux/386"].map(|platform| index.child(platform).unwrap().blobs.clone());
    assert_eq!(confirmed(&target).await, sorted(blobs.concat()));
}

#[tokio::test]
async fn what_the_registry_refuses_is_an_internal_error() {
    let target = Target::fake(Knobs::default()).await;
    let (open, closed) = (registry(Auth::None).await, registry(Auth::basic("ann", "secret")).await);
    open.push_index("a", "v1", &["linux/amd64"], true);
    let text = async |registry: &Registry, path: &str, args: Value| {
        let reply = preheat(&target, registry, path, &args).await;
        assert_eq!(reply.status, 500);
        reply.json()["message"].as_str().unwrap().to_owned()
    };
    assert_eq!(
        text(&open, "a/manifests/v2", json!({})).await,
        "failed to pull image manifest: manifest unknown: manifest unknown"
    );
    assert_eq!(
        text(&open, "a/manifests/v1", json!({"platform": "linux/s390x"})).await,
        "no matching manifest for platform linux/s390x"
    );
    assert_eq!(
        text(&closed, "a/manifests/v1", json!({})).await,
        "failed to pull image manifest: unauthorized: authentication required"
    );
    assert!(target.fake.unwrap().jobs().is_empty());
}

#[tokio::test]
async fn username_and_password_are_a_trap_with_basic_and_fine_with_tokens() {
    let credentials = json!({"username": "ann", "password": "secret"});
    for (auth, count) in [(Auth::basic("ann", "secret"), 0), (Auth::bearer("ann", "secret"), 2)] {
        for really_fetch in [false, true] {
            let target = Target::fake(Knobs { really_fetch, ..Knobs::default() }).await;
            let registry = registry(auth.clone()).await;
            registry.push_image("a", "v1", ImageSpec::default());
            assert_eq!(preheat(&target, &registry, "a/manifests/v1", &credentials).await.status, 200);
            assert_eq!(confirmed(&target).await.len(), count, "{auth:?}");
            assert_eq!(registry.total_blob_gets(), if really_fetch { count } else { 0 });
            assert_eq!(target.get("/oapi/v1/jobs/1").await.json()["state"], "SUCCESS");
        }
    }
}

#[tokio::test]
async fn an_authorization_header_reaches_the_blobs() {
    let target = Target::fake(Knobs { really_fetch: true, ..Knobs::default() }).await;
    let registry = registry(Auth::basic("ann", "secret")).await;
    registry.push_image("a", "v1", ImageSpec::default());
    let args = json!({"headers": {"Authorization": "Basic YW5uOnNlY3JldA=="}});
    preheat(&target, &registry, "a/manifests/v1", &args).await;
    assert_eq!(confirmed(&target).await.len(), 2);
    assert_eq!(registry.total_blob_gets(), 2);
}

#[tokio::test]
async fn a_script_can_stand_in_for_the_registry() {
    let target = Target::fake(Knobs::default()).await;
    let registry = registry(Auth::None).await;
    let fake = target.fake.as_ref().unwrap();
    for (outcome, text) in [
        (Outcome::Unauthorized, "unauthorized"),
        (Outcome::NotFound, "manifest unknown"),
        (Outcome::NoPlatform, "no matching manifest for platform linux/amd64"),
        (Outcome::Unreachable, "ip 127.0.0.1 is invalid"),
    ] {
        fake.script_registry(Script::always(outcome));
        let reply = preheat(&target, &registry, "a/manifests/v1", &json!({})).await;
        assert!(reply.body.contains(text), "{}", reply.body);
    }
    let trap = Outcome::BasicOnly(vec!["sha256:aa".to_owned()]);
    fake.script_registry(Script::always(trap));
    preheat(&target, &registry, "a/manifests/v1", &json!({"username": "ann", "password": "secret"})).await;
    assert!(confirmed(&target).await.is_empty());
}
