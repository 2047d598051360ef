//! A real registry tells a real server, and the image is warm without anybody asking.

use serde_json::{Value, json};

use crate::support::docker_registry::DockerRegistry;
use crate::support::postgres::database;
use crate::support::server::Server;

const SECRET: &str = "secret-of-the-registry";

#[tokio::test(flavor = "multi_thread")]
async fn an_image_pushed_to_a_real_registry_is_preheated_through_the_mirror() {
    let database = database().await;
    let server = Server::on(&database.url).await;
    let receiver = format!("{}/api/v1/events/hub", server.url);
    let origin = DockerRegistry::telling(&receiver, &format!("Bearer {SECRET}")).await;
    let mirror = DockerRegistry::mirror_of(&origin).await;
    let registry = json!({"name": "hub", "kind": "oci", "url": origin.url(), "event_secrets": [SECRET]});
    server.create("/api/v1/registries", &registry).await;
    let instance = json!({"name": "mirror", "vendor": "mirror", "endpoint": mirror.url()});
    server.create("/api/v1/instances", &instance).await;
    server.create("/api/v1/projects", &json!({"name": "shop", "registry": "hub", "namespace": "shop"})).await;
    for (name, pattern) in [("releases", "v*"), ("nightly", "nightly-*")] {
        let policy = json!({
            "name": name, "instances": ["mirror"], "filters": [{"type": "tag", "pattern": pattern}],
            "trigger": {"type": "event", "events": ["push"]},
        });
        server.create("/api/v1/projects/shop/policies", &policy).await;
    }

    let image = origin.push_image("shop/cart/api", "v1").await;
    let index = origin.push_index("shop/web", "v2", &["linux/amd64", "linux/arm64"]).await;

    for pushed in [&image, &index] {
        for digest in pushed.blobs.iter().chain(&pushed.children).chain([&pushed.digest]) {
            mirror.comes_to_hold(digest).await;
        }
    }
    let two_ended = |_, executions: &Value| {
        let executions = executions.as_array().unwrap();
        executions.len() == 2 && executions.iter().all(|execution| execution["status"] == "success")
    };
    let executions = server.wait_until("/api/v1/executions", two_ended).await;
    for execution in executions.as_array().unwrap() {
        assert_eq!(
            (&execution["trigger"], &execution["policy"]),
            (&json!("event"), &json!("releases")),
            "{execution}"
        );
    }
    let deliveries = server.get("/api/v1/events/hub/deliveries?page_size=100").await.1;
    let notices: Vec<&Value> = deliveries
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|delivery| delivery["notices"].as_array().unwrap())
        .collect();
    let accepted: Vec<&&Value> = notices.iter().filter(|notice| notice["fate"] == "accepted").collect();
    let web = accepted.iter().find(|notice| notice["about"] == "shop/web:v2").unwrap();
    let policies = &web["event"]["policies"];
    assert!(policies[0]["execution"].is_i64(), "{web}");
    assert_eq!(policies[1]["reason"], "tag 'v2' does not match 'nightly-*'");
    assert!(notices.iter().any(|notice| notice["fate"] == "ignored"), "layers and pulls are told, too");
    let child = format!("shop/web@{}", index.children[0]);
    let child = accepted.iter().find(|notice| notice["about"] == *child).unwrap();
    assert!(child["event"]["message"].as_str().unwrap().starts_with("pushed by digest alone"), "{child}");
    assert!(!server.log().contains(SECRET));
}
