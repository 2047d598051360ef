//! Images, indexes, labels, and what is none.

use forewarm_domain::artifact::Artifact;
use forewarm_domain::filter::Filter;
use forewarm_fake::registry::{ArtifactSpec, ImageSpec, IndexSpec, Knobs, Registry as Fake};
use forewarm_registry::{Found, RegistryError, Wanted};
use serde_json::json;

use super::documents::{INDEX, MANIFEST, serve};
use crate::support::oci::{anonymous, everything, selector};

async fn found(fake: &Fake, repository: &str) -> Found {
    let selector = selector(&[]);
    let found = anonymous(&fake.url()).artifacts(repository, &everything(&selector)).await;
    found.unwrap()
}

async fn with_labels(fake: &Fake, repository: &str) -> Artifact {
    let selector = selector(&[Filter::Label { labels: vec!["any".to_owned()] }]);
    let found = anonymous(&fake.url()).artifacts(repository, &everything(&selector)).await;
    found.unwrap().artifacts.remove(0)
}

fn platforms(artifact: &Artifact) -> Vec<String> {
    let platforms = artifact.manifests.iter().map(|m| m.platform.as_ref());
    platforms.map(|p| p.map_or("?".to_owned(), ToString::to_string)).collect()
}
#[tokio::test]
async fn a_single_image_is_its_own_manifest() {
    for docker in [false, true] {
        let fake = Fake::start().await.unwrap();
        let spec = ImageSpec { docker, ..ImageSpec::default() };
        let pushed = fake.push_image("shop/web", "v1", spec);

        let found = found(&fake, "shop/web").await;

        let artifact = &found.artifacts[0];
        assert_eq!(artifact.repository, "shop/web");
        assert_eq!(artifact.digest.as_str(), pushed.digest);
        assert_eq!(artifact.media_type, pushed.media_type);
        assert_eq!(artifact.manifests.len(), 1);
        assert_eq!(artifact.manifests[0].digest, artifact.digest);
        assert_eq!(artifact.manifests[0].platform, None);
        assert_eq!(fake.total_blob_gets(), 0, "nobody asked for labels or platforms");
    }
}

#[tokio::test]
async fn the_platform_of_a_single_image_is_looked_up_when_wanted() {
    let fake = Fake::start().await.unwrap();
    fake.push_image("web", "v1", ImageSpec::of("linux/arm/v7"));
    let selector = selector(&[]);
    let wanted = Wanted { selector: &selector, platforms: true, sizes: false };

    let found = anonymous(&fake.url()).artifacts("web", &wanted).await.unwrap();

    assert_eq!(platforms(&found.artifacts[0]), ["linux/arm/v7"]);
    assert!(found.artifacts[0].labels.is_empty());
}

#[tokio::test]
async fn an_index_is_expanded_without_its_attestations() {
    for docker in [false, true] {
        let fake = Fake::start().await.unwrap();
        let images = ["linux/amd64", "linux/arm64/v8"].map(ImageSpec::of).to_vec();
        let spec = IndexSpec { images, attestation: true, docker, ..IndexSpec::default() };
        let pushed = fake.push_index_of("web", "v1", spec);

        let found = found(&fake, "web").await;

        let artifact = &found.artifacts[0];
        assert_eq!(artifact.digest.as_str(), pushed.digest);
        assert_eq!(platforms(artifact), ["linux/amd64", "linux/arm64/v8"]);
        let arm = pushed.child("linux/arm64/v8").unwrap();
        assert_eq!(artifact.manifests[1].digest.as_str(), arm.digest);
        assert_eq!(fake.total_manifest_gets(), 1, "the index tells all");
    }
}

#[tokio::test]
async fn an_index_within_an_index_is_expanded_once() {
    let fake = Fake::start().await.unwrap();
    let image = fake.push_image("web", "inner", ImageSpec::default());
    let platform = json!({"os": "linux", "architecture": "amd64"});
    let child = json!({"mediaType": MANIFEST, "digest": image.digest, "size": 1, "platform": platform});
    let inner = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [child]});
    let inner = serve(&fake, "web", "inner-index", INDEX, &inner);
    let entry = json!({"mediaType": INDEX, "digest": inner, "size": 1});
    let outer = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry, child]});
    let outer = serve(&fake, "web", "outer", INDEX, &outer);
    let selector = selector(&[]);

    let artifact = anonymous(&fake.url()).artifact("web", &outer, &everything(&selector)).await;

    let artifact = artifact.unwrap();
    assert_eq!(artifact.manifests.len(), 1);
    assert_eq!(artifact.manifests[0].digest.as_str(), image.digest);
}

#[tokio::test]
async fn tags_of_one_digest_are_one_artifact() {
    let fake = Fake::start().await.unwrap();
    for tag in ["1", "1.2", "latest"] {
        fake.push_image("web", tag, ImageSpec::default().layer(b"same".to_vec()));
    }
    fake.push_image("web", "0.9", ImageSpec::default().layer(b"other".to_vec()));

    let found = found(&fake, "web").await;

    let tags: Vec<_> = found.artifacts.iter().map(|artifact| artifact.tags.clone()).collect();
    assert_eq!(tags, [vec!["0.9"], vec!["1", "1.2", "latest"]]);
}

#[tokio::test]
async fn labels_are_annotations_and_config_labels() {
    let fake = Fake::start().await.unwrap();
    let spec = ImageSpec::default().label("team", "shop").annotation("org.example.tier", "gold");
    fake.push_image("web", "v1", spec);

    let artifact = with_labels(&fake, "web").await;

    let expected = ["org.example.tier", "org.example.tier=gold", "team", "team=shop"];
    assert_eq!(artifact.labels, expected);
}

#[tokio::test]
async fn labels_of_an_index_are_its_own_and_its_children_s() {
    let fake = Fake::start().await.unwrap();
    let images = vec![
        ImageSpec::of("linux/amd64").label("team", "shop"),
        ImageSpec::of("linux/arm64").label("team", "web"),
    ];
    let annotations = [("tier".to_owned(), "gold".to_owned())].into();
    let spec = IndexSpec { images, annotations, attestation: true, docker: false };
    fake.push_index_of("web", "v1", spec);

    let artifact = with_labels(&fake, "web").await;

    assert_eq!(artifact.labels, ["team", "team=shop", "team=web", "tier", "tier=gold"]);
    assert_eq!(artifact.manifests.len(), 2);
}

#[tokio::test]
async fn charts_signatures_and_other_artifacts_are_left_out() {
    let fake = Fake::start().await.unwrap();
    let image = fake.push_image("web", "image", ImageSpec::default());
    fake.sign_by_tag("web", &image.digest);
    fake.push_artifact("web", Some("chart"), ArtifactSpec::helm("chart"));
    fake.push_artifact("web", Some("cosign"), ArtifactSpec::cosign(&image.digest));
    fake.push_artifact("web", Some("referrer"), ArtifactSpec::cosign_referrer(&image.digest));
    let policy = ArtifactSpec::of_type("application/vnd.example.policy", b"allow");
    fake.push_artifact("web", Some("policy"), policy);

    let found = found(&fake, "web").await;

    assert_eq!(found.artifacts.len(), 1);
    assert_eq!(found.artifacts[0].tags, ["image"]);
    assert!(found.left_out.iter().all(|(_, why)| why.filter == "media_type"));
    let reason = |tag: &str| &found.left_out.iter().find(|(name, _)| name == tag).unwrap().1.reason;
    assert!(reason("chart").contains("a Helm chart"), "{}", reason("chart"));
    assert!(reason("cosign").contains("simplesigning"), "{}", reason("cosign"));
    assert!(reason("referrer").contains("subject"), "{}", reason("referrer"));
    assert!(reason("policy").contains("vnd.example.policy"), "{}", reason("policy"));
    let signature = format!("{}.sig", image.digest.replace(':', "-"));
    assert!(reason(&signature).contains("signature"));
    let path = format!("/v2/web/manifests/{signature}");
    assert_eq!(["HEAD", "GET"].map(|method| fake.recorder().count(method, &path)), [0, 0]);
}

#[tokio::test]
async fn one_artifact_is_found_by_tag_and_by_digest() {
    let fake = Fake::start().await.unwrap();
    let pushed = fake.push_index("web", "v1", &["linux/amd64", "linux/arm64"], true);
    let registry = anonymous(&fake.url());
    let selector = selector(&[]);

    let by_tag = registry.artifact("web", "v1", &everything(&selector)).await.unwrap();
    let by_digest = registry.artifact("web", &pushed.digest, &everything(&selector)).await.unwrap();

    assert_eq!(by_tag.tags, ["v1"]);
    assert!(by_digest.tags.is_empty());
    assert_eq!(by_tag.manifests, by_digest.manifests);
    assert_eq!(by_tag.digest.as_str(), pushed.digest);
}

#[tokio::test]
async fn what_is_not_there_or_no_image_is_said_in_a_line() {
    let fake = Fake::start().await.unwrap();
    fake.push_artifact("web", Some("chart"), ArtifactSpec::helm("chart"));
    let registry = anonymous(&fake.url());
    let selector = selector(&[]);
    let everything = everything(&selector);

    let missing = registry.artifact("web", "nope", &everything).await.unwrap_err();
    let chart = registry.artifact("web", "chart", &everything).await.unwrap_err();
    let path = registry.artifact("../etc", "v1", &everything).await.unwrap_err();
    let tag = registry.artifact("web", "a/../b", &everything).await.unwrap_err();

    assert!(matches!(missing, RegistryError::NotFound(_)));
    let text = missing.to_string();
    assert!(text.contains("web:nope") && text.contains(&fake.url()), "{text}");
    assert!(text.contains("404") && text.contains("MANIFEST_UNKNOWN"), "{text}");
    for error in [chart, path, tag] {
        assert!(matches!(error, RegistryError::Unsuitable(_)), "{error:?}");
        assert!(!error.to_string().contains('\n'));
    }
}

#[tokio::test]
async fn digests_are_worked_out_where_the_registry_does_not_tell_them() {
    let fake = Fake::start_with(Knobs { digest_header: false, ..Knobs::default() }).await.unwrap();
    let pushed = fake.push_image("web", "v1", ImageSpec::default());

    let found = found(&fake, "web").await;

    assert_eq!(found.artifacts[0].digest.as_str(), pushed.digest);
    assert_eq!(fake.total_manifest_gets(), 1, "what was read is not read again");
}
