//! What an image is made of.

use forewarm_domain::auth::Auth;
use forewarm_domain::digest::Digest;
use forewarm_fake::registry::{ImageSpec, Registry as Fake};
use forewarm_fake::sha256_digest;
use forewarm_http::distribution::Session;
use forewarm_registry::RegistryError;
use serde_json::json;

use super::documents::{MANIFEST, serve};
use crate::support::oci::anonymous;
use crate::support::outbound::outbound;

#[tokio::test]
async fn blobs_are_config_and_layers_each_once() {
    let fake = Fake::start().await.unwrap();
    let spec = ImageSpec::default().layer_of("a", 3_000).layer_of("b", 2_000).layer_of("a", 3_000);
    let pushed = fake.push_image("web", "v1", spec);
    let digest = Digest::parse(&pushed.digest).unwrap();

    let blobs = anonymous(&fake.url()).blobs("web", &digest).await.unwrap();

    let digests: Vec<&str> = blobs.iter().map(|blob| blob.digest.as_str()).collect();
    assert_eq!(digests, [&pushed.blobs[0], &pushed.blobs[1], &pushed.blobs[2]]);
    assert_eq!(blobs[1].size, 3_000);
    assert_eq!(blobs[2].size, 2_000);
}

#[tokio::test]
async fn layers_that_live_elsewhere_are_no_blobs_of_the_registry() {
    let fake = Fake::start().await.unwrap();
    let part = |media_type: &str, seed: &str| json!({"mediaType": media_type, "digest": sha256_digest(seed.as_bytes()), "size": 7});
    let mut urls = part("application/vnd.oci.image.layer.v1.tar+gzip", "urls");
    urls["urls"] = json!(["https://elsewhere.example/layer"]);
    let layers = json!([
        part("application/vnd.docker.image.rootfs.foreign.diff.tar.gzip", "foreign"),
        part("application/vnd.oci.image.layer.nondistributable.v1.tar+gzip", "restricted"),
        urls,
        part("application/vnd.oci.image.layer.v1.tar+gzip", "own"),
    ]);
    let config = part("application/vnd.oci.image.config.v1+json", "config");
    let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": layers});
    let digest = Digest::parse(&serve(&fake, "win", "v1", MANIFEST, &manifest)).unwrap();

    let blobs = anonymous(&fake.url()).blobs("win", &digest).await.unwrap();

    let digests: Vec<&str> = blobs.iter().map(|blob| blob.digest.as_str()).collect();
    assert_eq!(digests, [sha256_digest(b"config"), sha256_digest(b"own")]);
}

#[tokio::test]
async fn an_index_has_no_blobs_of_its_own() {
    let fake = Fake::start().await.unwrap();
    let pushed = fake.push_index("web", "v1", &["linux/amd64"], false);
    let digest = Digest::parse(&pushed.digest).unwrap();

    let error = anonymous(&fake.url()).blobs("web", &digest).await.unwrap_err();

    assert!(matches!(error, RegistryError::Unsuitable(_)));
}

#[tokio::test]
async fn no_more_than_32_blobs_are_read_from_one_host_at_a_time_whoever_reads_them() {
    let fake = Fake::start().await.unwrap();
    let pushed = fake.push_image("web", "v1", ImageSpec::default());
    let blob = Digest::parse(&pushed.blobs[1]).unwrap();
    let outbound = outbound();
    let session = || Session::new(fake.url().parse().unwrap(), Auth::None, false, &outbound);
    let (first, second) = (session(), session());
    let mut streams = Vec::new();
    for _ in 0..32 {
        streams.push(first.get_blob("web", &blob).await.unwrap());
    }

    let mut next = std::pin::pin!(second.get_blob("web", &blob));
    assert!(futures::poll!(&mut next).is_pending());
    // Other requests are not held up, and give the waiting one time to go wrong.
    for _ in 0..3 {
        second.probe().await.unwrap();
        assert!(futures::poll!(&mut next).is_pending());
    }
    assert_eq!(fake.blob_gets(blob.as_str()), 32);
    streams.pop();

    next.await.unwrap();
    assert_eq!(fake.blob_gets(blob.as_str()), 33);
}
