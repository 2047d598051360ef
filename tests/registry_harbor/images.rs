//! One artifact: by tag and digest, with sizes and platforms, its tags, and what it belongs to.

use forewarm_domain::digest::Digest;
use forewarm_fake::registry::{ArtifactSpec, ImageSpec};
use forewarm_registry::{RegistryError, Wanted};

use super::lab::{REPOSITORY, as_admin, harbor};
use crate::support::oci::{everything, selector};

fn digest(text: &str) -> Digest {
    Digest::parse(text).unwrap()
}

#[tokio::test]
async fn an_image_is_found_by_tag_and_by_digest() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    harbor.tag(REPOSITORY, "v1", "latest");
    let (client, selector) = (as_admin(&harbor), selector(&[]));
    let wanted = everything(&selector);
    let by_tag = client.artifact(REPOSITORY, "v1", &wanted).await.unwrap();
    assert_eq!((by_tag.digest.as_str(), by_tag.tags), (image.digest.as_str(), vec!["v1".to_owned()]));
    let by_digest = client.artifact(REPOSITORY, &image.digest, &wanted).await.unwrap();
    assert_eq!((by_digest.digest.as_str(), by_digest.tags.len()), (image.digest.as_str(), 0));
    let missing = client.artifact(REPOSITORY, "v2", &wanted).await.unwrap_err();
    assert!(matches!(missing, RegistryError::NotFound(_)), "{missing}");
}

#[tokio::test]
async fn a_chart_is_no_image() {
    let harbor = harbor().await;
    harbor.push_artifact(REPOSITORY, Some("chart"), ArtifactSpec::helm("x"));
    let selector = selector(&[]);
    let refused = as_admin(&harbor).artifact(REPOSITORY, "chart", &everything(&selector)).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Unsuitable(_)), "{refused}");
    assert!(refused.to_string().contains("Harbor counts it as CHART"), "{refused}");
}

#[tokio::test]
async fn the_sizes_of_an_indexs_images_are_looked_up_when_wanted() {
    let harbor = harbor().await;
    harbor.push_index(REPOSITORY, "v1", &["linux/amd64", "linux/arm64"], true);
    let (client, selector) = (as_admin(&harbor), selector(&[]));
    for sizes in [false, true] {
        let wanted = Wanted { selector: &selector, platforms: true, sizes };
        let artifact = client.artifact(REPOSITORY, "v1", &wanted).await.unwrap();
        assert_eq!(artifact.manifests.len(), 2);
        let known = artifact.manifests.iter().all(|child| child.size.is_some_and(|size| size > 1_000));
        assert_eq!(known, sizes);
    }
    assert_eq!(harbor.registry().total_manifest_gets(), 0, "without a pull, which rules could refuse");
}

#[tokio::test]
async fn the_variant_of_an_arm_image_is_read_from_its_config_when_platforms_matter() {
    let harbor = harbor().await;
    harbor.push_image(REPOSITORY, "v1", ImageSpec::of("linux/arm/v6"));
    let (client, selector) = (as_admin(&harbor), selector(&[]));
    for (platforms, expected) in [(false, "linux/arm"), (true, "linux/arm/v6")] {
        let wanted = Wanted { selector: &selector, platforms, sizes: false };
        let artifact = client.artifact(REPOSITORY, "v1", &wanted).await.unwrap();
        assert_eq!(artifact.manifests[0].platform.as_ref().unwrap().to_string(), expected);
    }
}

#[tokio::test]
async fn the_tags_of_a_digest_are_those_that_name_it_now() {
    let harbor = harbor().await;
    let images = harbor.holds(&["team/app:v1", "team/app:v2"]);
    harbor.tag(REPOSITORY, "v1", "latest");
    let client = as_admin(&harbor);
    let first = digest(&images[0].digest);
    let tags = async |among: &[&str]| {
        let among: Vec<String> = among.iter().map(|tag| (*tag).to_owned()).collect();
        client.tags_of(REPOSITORY, &first, &among).await.unwrap()
    };
    assert_eq!(tags(&[]).await, ["latest", "v1"]);
    assert_eq!(tags(&["v1", "v2"]).await, ["v1"]);
    let nothing = digest(&format!("sha256:{}", "0".repeat(64)));
    assert_eq!(client.tags_of(REPOSITORY, &nothing, &[]).await.unwrap(), Vec::<String>::new());
}

#[tokio::test]
async fn a_signature_names_what_it_is_attached_to_also_in_a_project_with_rules() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    let signature = harbor.accessory(REPOSITORY, &image.digest, "signature.notation");
    harbor.project("team").set("enable_content_trust_cosign", "true");
    let client = as_admin(&harbor);
    let attached = client.attached(REPOSITORY, &digest(&signature.digest)).await.unwrap().unwrap();
    assert_eq!((attached.subject.as_str(), attached.is_signature), (image.digest.as_str(), true));
    // The image itself may not be pulled; it stands by itself all the same.
    assert_eq!(client.attached(REPOSITORY, &digest(&image.digest)).await.unwrap(), None);
}
