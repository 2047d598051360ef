//! The registry kind `oci` against Debian's `docker-registry`, a real distribution 2.8.

use forewarm_domain::digest::Digest;
use forewarm_domain::filter::Filter;
use forewarm_http::distribution::{MANIFESTS, Session, pull_scope};
use forewarm_registry::{RegistryError, Wanted};

use crate::support::client::client;
use crate::support::docker_registry::{DockerRegistry, PASSWORD, USERNAME};
use crate::support::oci::{anonymous, everything, selector, signed_in};
use crate::support::outbound::outbound;

#[tokio::test]
async fn the_catalog_of_a_real_registry_is_read_page_by_page() {
    let origin = DockerRegistry::with_catalog_pages_of(3).await;
    let names = ["a", "shop/a", "shop/b", "shop/deep/er/name", "shop/z", "shopping/x", "z"];
    for name in names {
        origin.push_image(name, "v1").await;
    }
    origin.reset_counts();
    let registry = anonymous(&origin.url());

    assert_eq!(registry.repositories("").await.unwrap(), names);
    let pages = origin.count("GET", "/v2/_catalog");
    assert_eq!(pages, 4, "one refused for its page size, then three");

    let shop = registry.repositories("shop").await.unwrap();
    assert_eq!(shop, ["shop/a", "shop/b", "shop/deep/er/name", "shop/z"]);
}

#[tokio::test]
async fn images_and_indexes_of_a_real_registry_are_found() {
    let origin = DockerRegistry::origin().await;
    let image = origin.push_image("shop/web", "v1").await;
    let index = origin.push_index("shop/web", "v2", &["linux/amd64", "linux/arm64"]).await;
    let registry = anonymous(&origin.url());
    let selector = selector(&[Filter::Label { labels: vec!["team=shop".to_owned()] }]);
    let wanted = Wanted { selector: &selector, platforms: true, sizes: false };

    let found = registry.artifacts("shop/web", &wanted).await.unwrap();

    assert!(found.left_out.is_empty(), "{:?}", found.left_out);
    let [one, many] = &found.artifacts[..] else { panic!("{:?}", found.artifacts) };
    assert_eq!(one.digest.as_str(), image.digest);
    assert_eq!(one.tags, ["v1"]);
    assert_eq!(one.labels, ["team", "team=shop"]);
    assert_eq!(one.manifests[0].platform.as_ref().unwrap().to_string(), "linux/amd64");
    assert_eq!(many.digest.as_str(), index.digest);
    let children: Vec<&str> = many.manifests.iter().map(|m| m.digest.as_str()).collect();
    assert_eq!(children, index.children);
}

#[tokio::test]
async fn the_blobs_of_a_real_image_are_its_config_and_layers() {
    let origin = DockerRegistry::origin().await;
    let image = origin.push_image("shop/web", "v1").await;
    let digest = Digest::parse(&image.digest).unwrap();

    let blobs = anonymous(&origin.url()).blobs("shop/web", &digest).await.unwrap();

    let digests: Vec<&str> = blobs.iter().map(|blob| blob.digest.as_str()).collect();
    assert_eq!(digests, image.blobs);
    assert_eq!(blobs[1].size + blobs[2].size, 5_000);
    assert!(image.blobs.iter().all(|blob| origin.holds_blob(blob)));
}

#[tokio::test]
async fn real_registries_with_a_door_let_the_account_in() {
    for origin in [DockerRegistry::with_basic().await, DockerRegistry::with_tokens().await] {
        let image = origin.push_image("shop/web", "v1").await;
        let registry = signed_in(&origin.url(), USERNAME, PASSWORD);
        let selector = selector(&[]);

        registry.ping().await.unwrap();
        assert_eq!(registry.repositories("").await.unwrap(), ["shop/web"]);
        let artifact = registry.artifact("shop/web", "v1", &everything(&selector)).await;
        assert_eq!(artifact.unwrap().digest.as_str(), image.digest);

        let access = registry.pull_access("shop/web").await.unwrap().unwrap();
        assert_eq!(pull(&origin, "shop/web", &image.digest, access.expose()).await, 200);
    }
}

#[tokio::test]
async fn real_registries_with_a_door_keep_others_out() {
    for origin in [DockerRegistry::with_basic().await, DockerRegistry::with_tokens().await] {
        let strangers = [anonymous(&origin.url()), signed_in(&origin.url(), USERNAME, "wrong")];
        for registry in strangers {
            let ping = registry.ping().await.unwrap_err();
            let list = registry.repositories("").await.unwrap_err();

            for error in [ping, list] {
                assert!(matches!(error, RegistryError::Denied(_)), "{error:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_token_for_one_repository_opens_no_other() {
    let origin = DockerRegistry::with_tokens().await;
    let image = origin.push_image("shop/web", "v1").await;
    origin.push_image("shop/db", "v1").await;
    let registry = signed_in(&origin.url(), USERNAME, PASSWORD);

    let access = registry.pull_access("shop/db").await.unwrap().unwrap();

    assert_eq!(pull(&origin, "shop/web", &image.digest, access.expose()).await, 401);
}

#[tokio::test]
async fn what_is_missing_in_a_real_registry_is_named() {
    let origin = DockerRegistry::origin().await;
    origin.push_image("shop/web", "v1").await;
    let registry = anonymous(&origin.url());
    let selector = selector(&[]);

    let error = registry.artifact("shop/web", "v9", &everything(&selector)).await.unwrap_err();
    let none = registry.artifacts("shop/none", &everything(&selector)).await.unwrap();

    assert!(matches!(error, RegistryError::NotFound(_)), "{error:?}");
    assert!(error.to_string().contains("shop/web:v9"), "{error}");
    assert!(none.artifacts.is_empty());
}

#[tokio::test]
async fn a_real_mirror_keeps_what_was_read_through_it() {
    for origin in [DockerRegistry::origin().await, DockerRegistry::with_tokens().await] {
        let image = origin.push_image("shop/web", "v1").await;
        let mirror = DockerRegistry::mirror_of(&origin).await;
        assert!(!mirror.holds_blob(&image.digest));

        read_all(&mirror, "shop/web", &image.digest, &image.blobs).await;
        for digest in image.blobs.iter().chain([&image.digest]) {
            mirror.comes_to_hold(digest).await;
        }
        assert!(mirror.stored_bytes() > 5_000);
        assert!(origin.blob_gets() >= image.blobs.len());
        assert_eq!(origin.manifest_gets(), 1);

        origin.reset_counts();
        read_all(&mirror, "shop/web", &image.digest, &image.blobs).await;
        assert_eq!(origin.blob_gets(), 0);
    }
}

/// Reads a manifest and blobs as a node would.
async fn read_all(mirror: &DockerRegistry, repository: &str, manifest: &str, blobs: &[String]) {
    let url = mirror.url().parse().unwrap();
    let session = Session::new(url, forewarm_domain::auth::Auth::None, false, &outbound());
    let path = format!("{repository}/manifests/{manifest}");
    let answer = session.get(&path, MANIFESTS, &pull_scope(repository)).await.unwrap();
    assert_eq!(answer.status(), 200);
    for blob in blobs {
        let digest = Digest::parse(blob).unwrap();
        let answer = session.get_blob(repository, &digest).await.unwrap();
        assert!(!answer.read(1 << 20).await.unwrap().is_empty());
    }
}

/// The status that an engine would see with this header.
async fn pull(origin: &DockerRegistry, repository: &str, digest: &str, access: &str) -> u16 {
    let request = client()
        .get(format!("{}/v2/{repository}/manifests/{digest}", origin.url()))
        .header("accept", MANIFESTS)
        .header("authorization", access);
    request.send().await.unwrap().status().as_u16()
}
