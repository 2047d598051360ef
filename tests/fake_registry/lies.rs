//! Answers that are wrong.

use forewarm_fake::registry::{Knobs, Lie};
use forewarm_fake::{Fault, sha256_digest};
use serde_json::Value;

use super::reader::{get, header, registry};

#[tokio::test]
async fn digests_and_bodies_can_be_wrong() {
    let registry = registry(Knobs::default()).await;
    let image = registry.holds(&["a:v1"]).remove(0);
    registry.lie(Lie::DigestHeader);
    let manifest = get(&registry, "/v2/a/manifests/v1").await;
    assert_ne!(header(&manifest, "docker-content-digest"), image.digest);
    assert_eq!(sha256_digest(&manifest.bytes().await.unwrap()), image.digest);
    registry.lie(Lie::ManifestBody);
    let manifest = get(&registry, "/v2/a/manifests/v1").await.bytes().await.unwrap();
    assert_ne!(sha256_digest(&manifest), image.digest);
    registry.lie(Lie::BlobBody);
    let blob = get(&registry, &format!("/v2/a/blobs/{}", image.blobs[1])).await.bytes().await.unwrap();
    assert_ne!(sha256_digest(&blob), image.blobs[1]);
    assert_eq!(blob.len(), registry.blob(&image.blobs[1]).unwrap().len());
    registry.stop_lying();
    let manifest = get(&registry, "/v2/a/manifests/v1").await.bytes().await.unwrap();
    assert_eq!(sha256_digest(&manifest), image.digest);
}

#[tokio::test]
async fn lists_can_be_endless_or_null_and_manifests_huge() {
    let registry = registry(Knobs::default()).await;
    registry.holds(&["a:v1"]);
    registry.lie(Lie::EndlessPaging);
    for path in ["/v2/_catalog", "/v2/a/tags/list?n=1&last=v9"] {
        assert!(header(&get(&registry, path).await, "link").ends_with(r#"rel="next""#));
    }
    registry.stop_lying();
    registry.lie(Lie::NullTags);
    let tags: Value = get(&registry, "/v2/a/tags/list").await.json().await.unwrap();
    assert_eq!(tags["tags"], Value::Null);
    registry.lie(Lie::HugeManifest(5 << 20));
    assert!(get(&registry, "/v2/a/manifests/v1").await.bytes().await.unwrap().len() > 5 << 20);
}

#[tokio::test]
async fn a_busy_registry_says_when_to_come_back() {
    let registry = registry(Knobs::default()).await;
    registry.faults().on("GET", "/v2/").times(1).inject(Fault::too_many(7));
    let busy = get(&registry, "/v2/").await;
    assert_eq!((busy.status().as_u16(), header(&busy, "retry-after").as_str()), (429, "7"));
    registry.faults().next(Fault::status(503, "down"));
    assert_eq!(get(&registry, "/v2/").await.status(), 503);
    assert_eq!(get(&registry, "/v2/").await.status(), 200);
}
