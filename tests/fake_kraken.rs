//! The fake Kraken: truthful origins, and a proxy that says yes to everything.

use std::time::Duration;

use forewarm_fake::kraken::{Backend, Knobs, Kraken};
use forewarm_fake::registry::Registry;
use reqwest::Response;
use serde_json::{Value, json};

use crate::support::client::client;

const IMAGE: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";

fn digest(letter: &str) -> String {
    format!("sha256:{}", letter.repeat(64))
}

async fn prefetch(kraken: &Kraken, digest: &str) -> u16 {
    let url = format!("{}/namespace/team%2Fapp/blobs/{digest}/prefetch", kraken.url());
    client().post(url).send().await.unwrap().status().as_u16()
}

async fn is_local(origin: &str, digest: &str) -> bool {
    let url = format!("{origin}/internal/namespace/team%2Fapp/blobs/{digest}?local=true");
    client().head(url).send().await.unwrap().status() == 200
}

async fn notify(kraken: &Kraken, body: String) -> Result<Response, reqwest::Error> {
    client().post(format!("{}/registry/notifications", kraken.proxy_url())).body(body).send().await
}

fn event(media_type: &str, digest: &str) -> Value {
    json!({"action": "push", "target": {"mediaType": media_type, "repository": "team/app", "digest": digest}})
}

#[tokio::test]
async fn a_prefetch_is_accepted_until_the_blob_is_on_disk() {
    let kraken = Kraken::start().await.unwrap();
    let (one, slow) = (digest("a"), digest("b"));
    kraken.pending(&slow, 2);
    assert!(!is_local(&kraken.url(), &one).await);
    assert_eq!([prefetch(&kraken, &one).await, prefetch(&kraken, &one).await], [202, 200]);
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(prefetch(&kraken, &slow).await);
    }
    assert_eq!(answers, [202, 202, 200, 200]);
    assert!(is_local(&kraken.url(), &one).await);
    assert_eq!(kraken.cached(), [one, slow]);
}

#[tokio::test]
async fn a_download_takes_its_time_by_the_clock() {
    let knobs = Knobs { pending: 0, download_time: Duration::from_secs(5), ..Knobs::default() };
    let kraken = Kraken::start_with(knobs).await.unwrap();
    assert_eq!(prefetch(&kraken, &digest("a")).await, 202);
    kraken.clock().advance(Duration::from_secs(5));
    assert!(kraken.has(&digest("a")));
    assert_eq!(prefetch(&kraken, &digest("a")).await, 200);
}

#[tokio::test]
async fn an_origin_remembers_for_a_while_that_a_blob_was_missing() {
    let kraken = Kraken::start_with(Backend::Only(vec![]).into()).await.unwrap();
    assert_eq!(prefetch(&kraken, &digest("a")).await, 404);
    kraken.set_backend(Backend::Everything);
    assert_eq!(prefetch(&kraken, &digest("a")).await, 404);
    kraken.clock().advance(Duration::from_secs(15));
    assert_eq!(prefetch(&kraken, &digest("a")).await, 202);
}

#[tokio::test]
async fn busy_workers_and_errors_can_be_ordered() {
    let kraken = Kraken::start().await.unwrap();
    kraken.refuse(&digest("a"), 503, 2);
    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(prefetch(&kraken, &digest("a")).await);
    }
    assert_eq!(answers, [503, 503, 202, 200]);
    assert_eq!(prefetch(&kraken, "sha256:short").await, 400);
    kraken.set_backend_down(true);
    assert_eq!(prefetch(&kraken, &digest("b")).await, 500);
    let readiness = client().get(format!("{}/readiness", kraken.url())).send().await.unwrap();
    assert_eq!(readiness.status(), 503);
}

#[tokio::test]
async fn every_owner_of_a_blob_gets_it() {
    let kraken = Kraken::start_with(Knobs { origins: 2, ..Knobs::default() }).await.unwrap();
    let blob = digest("a");
    let locations = client().get(format!("{}/blobs/{blob}/locations", kraken.url())).send().await.unwrap();
    let hosts = locations.headers()["origin-locations"].to_str().unwrap().to_owned();
    assert_eq!(hosts.split(',').count(), 2);
    prefetch(&kraken, &blob).await;
    prefetch(&kraken, &blob).await;
    for host in hosts.split(',') {
        assert!(is_local(&format!("http://{host}"), &blob).await, "{host}");
    }
}

#[tokio::test]
async fn a_repository_with_bare_slashes_is_no_route() {
    let kraken = Kraken::start().await.unwrap();
    let url = format!("{}/namespace/team/app/blobs/{}/prefetch", kraken.url(), digest("a"));
    assert_eq!(client().post(url).send().await.unwrap().status(), 404);
}

#[tokio::test]
async fn origins_and_proxy_tell_their_health() {
    let kraken = Kraken::start().await.unwrap();
    for url in [kraken.url(), kraken.proxy_url()] {
        let response = client().get(format!("{url}/health")).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.text().await.unwrap(), "OK\n");
    }
    let readiness = client().get(format!("{}/readiness", kraken.proxy_url())).send().await.unwrap();
    assert_eq!(readiness.status(), 404);
}

#[tokio::test]
async fn the_proxy_drops_what_it_does_not_like_without_a_word() {
    let kraken = Kraken::start().await.unwrap();
    let mut pull = event(IMAGE, &digest("c"));
    pull["action"] = json!("pull");
    let docker = event("application/vnd.docker.distribution.manifest.v2+json", &digest("d"));
    let list = event("application/vnd.docker.distribution.manifest.list.v2+json", &digest("e"));
    let events = json!([event(IMAGE, &digest("a")), event(INDEX, &digest("b")), pull, docker, list]);
    let response = notify(&kraken, json!({"events": events}).to_string()).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.text().await.unwrap(), "");
    assert_eq!(kraken.received(), [format!("team/app@{}", digest("a")), format!("team/app@{}", digest("d"))]);
    assert_eq!(kraken.events().len(), 5);
    let capitals =
        json!({"Events": [{"Action": "push", "Target": {"MediaType": IMAGE, "Digest": digest("f")}}]});
    notify(&kraken, capitals.to_string()).await.unwrap();
    assert_eq!(kraken.received().len(), 3);
}

#[tokio::test]
async fn the_proxy_fails_for_bad_json_and_hangs_up_over_a_missing_target() {
    let kraken = Kraken::start().await.unwrap();
    assert_eq!(notify(&kraken, "{".to_owned()).await.unwrap().status(), 500);
    let without = json!({"events": [{"action": "push"}]}).to_string();
    assert!(notify(&kraken, without).await.is_err());
    assert_eq!(notify(&kraken, "{}".to_owned()).await.unwrap().status(), 200);
}

#[tokio::test]
async fn an_index_posing_as_an_image_caches_manifests_and_no_layers() {
    let registry = Registry::start().await.unwrap();
    let kraken = Kraken::start_with(Backend::Registry(registry.url()).into()).await.unwrap();
    let index = registry.push_index("team/app", "v1", &["linux/amd64", "linux/arm64"], false);
    notify(&kraken, json!({"events": [event(IMAGE, &index.digest)]}).to_string()).await.unwrap();
    let children = index.children.iter().map(|child| child.digest.clone());
    let mut expected: Vec<String> = children.chain([index.digest.clone()]).collect();
    expected.sort();
    assert_eq!(kraken.cached(), expected);
    let child = &index.children[0];
    notify(&kraken, json!({"events": [event(IMAGE, &child.digest)]}).to_string()).await.unwrap();
    assert!(child.blobs.iter().all(|blob| kraken.has(blob)));
}

#[tokio::test]
async fn a_backend_registry_decides_which_blobs_there_are() {
    let registry = Registry::start().await.unwrap();
    let image = registry.holds(&["team/app:v1"]).remove(0);
    let kraken = Kraken::start_with(Backend::Registry(registry.url()).into()).await.unwrap();
    assert_eq!(prefetch(&kraken, &image.digest).await, 202);
    for blob in &image.blobs {
        assert_eq!([prefetch(&kraken, blob).await, prefetch(&kraken, blob).await], [202, 200]);
    }
    assert_eq!(prefetch(&kraken, &digest("a")).await, 404);
}

#[tokio::test]
async fn the_proxys_prefetch_understands_names_of_one_level() {
    let kraken = Kraken::start().await.unwrap();
    let ask = async |version: &str, tag: &str| {
        let url = format!("{}/proxy/{version}/registry/prefetch", kraken.proxy_url());
        let body = json!({"tag": tag, "trace_id": "run-77"}).to_string();
        let response = client().post(url).body(body).send().await.unwrap();
        (response.status().as_u16(), response.json::<Value>().await.unwrap())
    };
    let (status, answer) = ask("v2", "any-host/team/app:1.2").await;
    assert_eq!((status, &answer["tag"], &answer["status"]), (200, &json!("app:1.2"), &json!("success")));
    assert_eq!(answer["trace_id"], "run-77");
    assert_eq!(ask("v1", "any-host/team/app:1.2/more/of/it").await.0, 200);
    for tag in ["app:1.2", "team/app:1.2", "any-host/team/nested/app:1.2", "any-host/team/app"] {
        let (status, answer) = ask("v2", tag).await;
        assert_eq!((status, &answer["status"]), (400, &json!("failure")), "{tag}");
    }
    assert_eq!(kraken.prefetched_tags(), ["team/app:1.2", "team/app:1.2"]);
}

#[tokio::test]
async fn behind_nginx_notifications_are_lost_and_prefetches_are_limited() {
    let kraken = Kraken::start_with(Knobs { nginx: true, ..Knobs::default() }).await.unwrap();
    let events = json!({"events": [event(IMAGE, &digest("a"))]}).to_string();
    assert_eq!(notify(&kraken, events).await.unwrap().status(), 404);
    let ask = async || {
        let url = format!("{}/proxy/v2/registry/prefetch", kraken.proxy_url());
        let body = json!({"tag": "h/team/app:1"}).to_string();
        client().post(url).body(body).send().await.unwrap().status().as_u16()
    };
    let mut refused = 0;
    for _ in 0..30 {
        refused += usize::from(ask().await == 429);
    }
    assert_eq!(refused, 9);
    kraken.clock().advance(Duration::from_secs(1));
    assert_eq!(ask().await, 200);
}
