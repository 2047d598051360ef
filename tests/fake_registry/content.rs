//! Manifests, blobs, signatures, and what the demo holds.

use std::collections::BTreeSet;

use forewarm_fake::registry::{ArtifactSpec, ImageSpec, IndexSpec, Knobs, Storage};
use forewarm_fake::sha256_digest;
use reqwest::Method;
use serde_json::Value;

use super::reader::{get, head, header, registry, request};

#[tokio::test]
async fn a_pushed_image_is_served_by_tag_and_digest_with_true_digests_and_sizes() {
    let registry = registry(Knobs::default()).await;
    let spec = ImageSpec::default().label("team", "shop").annotation("a", "b").layer_of("x", 5_000);
    let image = registry.push_image("shop/web", "v1", spec);
    for reference in ["v1", &image.digest] {
        let path = format!("/v2/shop/web/manifests/{reference}");
        let headed = head(&registry, &path).await;
        assert_eq!(header(&headed, "content-length"), image.size.to_string());
        assert_eq!(header(&headed, "docker-content-digest"), image.digest);
        let response = get(&registry, &path).await;
        assert_eq!(header(&response, "content-type"), image.media_type);
        assert_eq!(sha256_digest(&response.bytes().await.unwrap()), image.digest);
    }
    for blob in &image.blobs {
        let path = format!("/v2/shop/web/blobs/{blob}");
        let length = header(&head(&registry, &path).await, "content-length");
        let bytes = get(&registry, &path).await.bytes().await.unwrap();
        assert_eq!((&sha256_digest(&bytes), length), (blob, bytes.len().to_string()));
    }
    let config: Value = serde_json::from_slice(&registry.blob(&image.blobs[0]).unwrap()).unwrap();
    assert_eq!(config["config"]["Labels"]["team"], "shop");
    assert_eq!(config["architecture"], "amd64");
    assert_eq!(registry.manifest_gets("shop/web", "v1"), 1);
    assert_eq!((registry.blob_gets(&image.blobs[1]), registry.total_blob_gets()), (1, 2));
}

#[tokio::test]
async fn an_index_has_an_attestation_for_each_image() {
    let registry = registry(Knobs::default()).await;
    let pushed = registry.push_index("shop/web", "v1", &["linux/amd64", "linux/arm/v7"], true);
    let index: Value = get(&registry, "/v2/shop/web/manifests/v1").await.json().await.unwrap();
    let entries = index["manifests"].as_array().unwrap();
    let architectures: Vec<&str> =
        entries.iter().map(|entry| entry["platform"]["architecture"].as_str().unwrap()).collect();
    assert_eq!(architectures, ["amd64", "arm", "unknown", "unknown"]);
    assert_eq!(entries[1]["platform"]["variant"], "v7");
    assert_eq!(entries[2]["annotations"]["vnd.docker.reference.digest"], pushed.children[0].digest);
    let child = get(&registry, &format!("/v2/shop/web/manifests/{}", pushed.children[3].digest)).await;
    assert_eq!(child.status(), 200);
}

#[tokio::test]
async fn manifests_are_served_to_those_who_name_their_type() {
    let registry = registry(Knobs::default()).await;
    registry.push_index("oci", "v1", &["linux/amd64"], false);
    let images = vec![ImageSpec::of("linux/arm64").docker(), ImageSpec::default().docker()];
    let list =
        registry.push_index_of("docker", "v1", IndexSpec { images, docker: true, ..IndexSpec::default() });
    let plain = request(&registry, Method::GET, "/v2/oci/manifests/v1").send().await.unwrap();
    assert_eq!(plain.status(), 404);
    assert!(plain.text().await.unwrap().contains("accept header does not support OCI manifests"));
    let plain = request(&registry, Method::GET, "/v2/docker/manifests/v1").send().await.unwrap();
    assert_eq!(header(&plain, "docker-content-digest"), list.children[1].digest, "its linux/amd64 image");
    assert_eq!(get(&registry, "/v2/docker/manifests/v9").await.status(), 404);
}

#[tokio::test]
async fn signatures_are_found_by_tag_and_as_referrers() {
    let registry = registry(Knobs::default()).await;
    let image = registry.push_image("shop/web", "v1", ImageSpec::default());
    registry.sign_by_tag("shop/web", &image.digest);
    let signature = registry.sign_by_referrer("shop/web", &image.digest);
    registry.push_artifact(
        "shop/web",
        None,
        ArtifactSpec::of_type("text/sbom", b"{}").subject(&image.digest),
    );
    let tag = image.digest.replace(':', "-");
    assert_eq!(get(&registry, &format!("/v2/shop/web/manifests/{tag}.sig")).await.status(), 200);
    let path = format!("/v2/shop/web/referrers/{}", image.digest);
    let all: Value = get(&registry, &path).await.json().await.unwrap();
    assert_eq!(all["manifests"].as_array().unwrap().len(), 2);
    let filtered =
        get(&registry, &format!("{path}?artifactType=application/vnd.dev.cosign.artifact.sig.v1%2Bjson"))
            .await;
    assert_eq!(header(&filtered, "oci-filters-applied"), "artifactType");
    let filtered: Value = filtered.json().await.unwrap();
    assert_eq!(filtered["manifests"][0]["digest"], signature.digest);
    let nobody: Value =
        get(&registry, &format!("/v2/shop/web/referrers/{}", signature.digest)).await.json().await.unwrap();
    assert_eq!(nobody["manifests"], serde_json::json!([]));
}

#[tokio::test]
async fn a_registry_may_be_without_referrers_catalog_and_digest_header() {
    let registry =
        registry(Knobs { referrers: false, catalog: false, digest_header: false, ..Knobs::default() }).await;
    let image = registry.holds(&["a:v1"]).remove(0);
    assert_eq!(get(&registry, &format!("/v2/a/referrers/{}", image.digest)).await.status(), 404);
    assert_eq!(get(&registry, "/v2/_catalog").await.status(), 404);
    let manifest = get(&registry, "/v2/a/manifests/v1").await;
    assert_eq!((manifest.status().as_u16(), header(&manifest, "docker-content-digest").as_str()), (200, ""));
}

#[tokio::test]
async fn blobs_may_lie_in_a_storage_that_takes_no_credentials() {
    let registry = registry(Knobs { storage: Storage::Redirect, ..Knobs::default() }).await;
    let image = registry.holds(&["a:v1"]).remove(0);
    let redirect = get(&registry, &format!("/v2/a/blobs/{}", image.blobs[1])).await;
    assert_eq!(redirect.status(), 307);
    let target = header(&redirect, "location");
    let bytes = get(&registry, &target).await.bytes().await.unwrap();
    assert_eq!(sha256_digest(&bytes), image.blobs[1]);
    let leaked = request(&registry, Method::GET, &target).bearer_auth("x").send().await.unwrap();
    assert_eq!(leaked.status(), 400);
    assert_eq!(registry.storage_requests()[1].header("authorization"), Some("Bearer x"));
    assert_eq!(registry.blob_gets(&image.blobs[1]), 1);
}

#[tokio::test]
async fn the_demo_holds_the_same_realistic_repositories_every_time() {
    let (first, second) = (registry(Knobs::default()).await, registry(Knobs::default()).await);
    let images = forewarm_fake::demo::fill(&first);
    let again = forewarm_fake::demo::fill(&second);
    let digests = |all: &[forewarm_fake::registry::Pushed]| -> Vec<String> {
        all.iter().map(|image| image.digest.clone()).collect()
    };
    assert_eq!(digests(&images), digests(&again));
    let repositories: BTreeSet<&str> = images.iter().map(|image| image.repository.as_str()).collect();
    assert!((6..=10).contains(&repositories.len()));
    assert!(repositories.iter().any(|name| name.matches('/').count() == 2), "a nested name");
    assert!(images.iter().any(|image| image.children.len() >= 4), "an index with attestations");
    let signed = &images.iter().find(|image| image.repository == "shop/cart").unwrap().digest;
    let tag = signed.replace(':', "-");
    assert_eq!(get(&first, &format!("/v2/shop/cart/manifests/{tag}.sig")).await.status(), 200);
}
