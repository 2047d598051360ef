//! Repositories and their artifacts, page by page.

use forewarm_domain::filter::Filter;
use forewarm_domain::registry::Registry as Settings;
use forewarm_fake::harbor::ADMIN_PASSWORD;
use forewarm_fake::registry::ArtifactSpec;

use super::lab::{REPOSITORY, as_admin, asked, entered, found, harbor, only, tag};
use crate::support::oci::{connect, everything, selector};
use crate::support::outbound::outbound;

#[tokio::test]
async fn two_hundred_and_fifty_artifacts_come_in_three_pages_each_once() {
    let harbor = harbor().await;
    for number in 0..250 {
        harbor.holds(&[&format!("{REPOSITORY}:v{number}")]);
    }
    let found = found(&harbor, &[]).await;
    let tags: Vec<&str> = found.artifacts.iter().map(|artifact| artifact.tags[0].as_str()).collect();
    let expected: Vec<String> = (0..250).map(|number| format!("v{number}")).collect();
    assert_eq!(tags, expected, "in the order of their push");
    let requests = harbor.recorder().matching("GET", "/api/v2.0/");
    let pages: Vec<_> = requests.iter().map(|request| request.parameter("page").unwrap()).collect();
    assert_eq!(pages, ["1", "2", "3"]);
    let first = &requests[0];
    assert_eq!((first.parameter("page_size"), first.parameter("q")), (Some("100"), Some("tags=*")));
    assert_eq!(first.parameter("with_scan_overview"), None, "nothing is asked for that no filter needs");
}

#[tokio::test]
async fn a_repository_with_slashes_is_encoded_twice() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/a/b/c:v1"]).remove(0);
    let selector = selector(&[]);
    let found = as_admin(&harbor).artifacts("team/a/b/c", &everything(&selector)).await.unwrap();
    assert_eq!(found.artifacts[0].digest.as_str(), image.digest);
    assert_eq!(asked(&harbor, "/projects/team/repositories/a%252Fb%252Fc/artifacts"), 1);
}

#[tokio::test]
async fn the_tags_of_one_digest_make_one_artifact_without_those_that_do_not_match() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1", "team/app:old"]);
    harbor.tag(REPOSITORY, "v1", "v1.0");
    harbor.tag(REPOSITORY, "v1", "latest");
    let found = found(&harbor, &[tag("v*")]).await;
    assert_eq!(found.artifacts.len(), 1);
    assert_eq!(found.artifacts[0].tags, ["v1", "v1.0"]);
    let mut left_out: Vec<&str> = found.left_out.iter().map(|(tag, _)| tag.as_str()).collect();
    left_out.sort_unstable();
    assert_eq!(left_out, ["latest", "old"]);
    assert_eq!(found.left_out[0].1.filter, "tag");
}

#[tokio::test]
async fn labels_are_the_names_of_harbors_own_labels() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    harbor.label(REPOSITORY, "v1", "approved");
    harbor.label(REPOSITORY, "v1", "ready");
    let label = Filter::Label { labels: vec!["ready".to_owned()] };
    assert_eq!(only(&harbor, &[label]).await.labels, ["approved", "ready"]);
    assert_eq!(only(&harbor, &[]).await.labels, Vec::<String>::new(), "not looked up without need");
}

#[tokio::test]
async fn an_index_stands_for_the_images_that_it_lists() {
    let harbor = harbor().await;
    let index = harbor.push_index(REPOSITORY, "v1", &["linux/amd64", "linux/arm/v7"], true);
    let artifact = only(&harbor, &[]).await;
    assert_eq!((artifact.digest.as_str(), &artifact.media_type), (index.digest.as_str(), &index.media_type));
    let manifests: Vec<(&str, String)> = artifact
        .manifests
        .iter()
        .map(|child| (child.digest.as_str(), child.platform.as_ref().unwrap().to_string()))
        .collect();
    let [amd64, arm] = [0, 1].map(|place| index.children[place].digest.as_str());
    assert_eq!(manifests, [(amd64, "linux/amd64".to_owned()), (arm, "linux/arm/v7".to_owned())]);
    assert_eq!(artifact.manifests[0].media_type, index.children[0].media_type);
    assert_eq!(harbor.recorder().requests().len(), 1, "one list tells it all");
}

#[tokio::test]
async fn an_image_stands_for_itself_with_its_size_and_platform() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    let artifact = only(&harbor, &[]).await;
    assert_eq!(artifact.manifests.len(), 1);
    let manifest = &artifact.manifests[0];
    assert_eq!(manifest.digest.as_str(), image.digest);
    assert_eq!(manifest.media_type, image.media_type);
    assert_eq!(manifest.platform.as_ref().unwrap().to_string(), "linux/amd64");
    assert!(manifest.size.unwrap() > 1_000 + image.size as u64);
}

#[tokio::test]
async fn charts_are_left_out_and_models_are_not() {
    let harbor = harbor().await;
    harbor.push_artifact(REPOSITORY, Some("chart"), ArtifactSpec::helm("x"));
    let model = ArtifactSpec {
        config_type: "application/vnd.cncf.model.config.v1+json".to_owned(),
        ..ArtifactSpec::helm("y")
    };
    harbor.push_artifact(REPOSITORY, Some("model"), model);
    let found = found(&harbor, &[]).await;
    assert_eq!(found.artifacts[0].tags, ["model"]);
    let (tag, why) = &found.left_out[0];
    assert_eq!((tag.as_str(), why.filter), ("chart", "media_type"));
    assert_eq!(why.reason, "Harbor counts it as CHART, not as an image");
}

#[tokio::test]
async fn what_has_no_tag_or_belongs_to_another_is_not_found() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1", "team/app:old"]).remove(0);
    harbor.registry().untag(REPOSITORY, "old");
    harbor.accessory(REPOSITORY, &image.digest, "signature.cosign");
    let attestation = format!("{}.att", image.digest.replace(':', "-"));
    let like_an_image = "application/vnd.oci.image.config.v1+json".to_owned();
    let spec = ArtifactSpec { config_type: like_an_image, ..ArtifactSpec::helm("attestation") };
    harbor.push_artifact(REPOSITORY, Some(&attestation), spec);
    let found = found(&harbor, &[]).await;
    assert_eq!(found.artifacts.len(), 1);
    assert_eq!(found.left_out.len(), 1);
    assert_eq!((&found.left_out[0].0, found.left_out[0].1.filter), (&attestation, "media_type"));
}

#[tokio::test]
async fn the_first_segment_of_a_namespace_is_a_project_and_the_rest_a_prefix() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:1", "team/sub/a:1", "team/sub/b:1", "team/subway:1", "other/x:1"]);
    let client = as_admin(&harbor);
    for (namespace, expected) in [
        ("team", vec!["team/app", "team/sub/a", "team/sub/b", "team/subway"]),
        ("team/sub", vec!["team/sub/a", "team/sub/b"]),
        ("", vec!["other/x", "team/app", "team/sub/a", "team/sub/b", "team/subway"]),
    ] {
        assert_eq!(client.repositories(namespace).await.unwrap(), expected, "{namespace}");
    }
}

#[tokio::test]
async fn a_robot_sees_its_own_project_and_the_public_ones() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:1", "other/x:1", "open/y:1"]);
    harbor.project("open").set("public", "true");
    let robot = harbor.robot("team", "puller", "secret");
    let client = super::lab::as_account(&harbor, &robot, "secret");
    assert_eq!(client.repositories("").await.unwrap(), ["open/y", "team/app"]);
}

#[tokio::test]
async fn projects_of_many_repositories_are_read_to_the_end() {
    let harbor = harbor().await;
    for number in 0..120 {
        harbor.holds(&[&format!("team/r{number:03}:1")]);
    }
    let names = as_admin(&harbor).repositories("team").await.unwrap();
    assert_eq!((names.len(), names[119].as_str()), (120, "team/r119"));
    assert_eq!(asked(&harbor, "/repositories"), 2);
}

#[tokio::test]
async fn a_project_of_digits_alone_is_asked_for_by_its_name() {
    let harbor = harbor().await;
    harbor.holds(&["2026/app:1"]);
    harbor.project("2026").set("enable_content_trust", "true");
    let client = as_admin(&harbor);
    assert!(client.criteria("2026").await.unwrap().unwrap().signed_only);
    assert_eq!(client.repositories("2026").await.unwrap(), ["2026/app"]);
}

#[tokio::test]
async fn a_list_of_repositories_that_the_user_gave_is_taken_as_it_is() {
    let harbor = harbor().await;
    let settings = Settings {
        repositories: vec!["team/app".to_owned(), "other/x".to_owned()],
        ..entered(&harbor, "admin", ADMIN_PASSWORD)
    };
    let client = connect(&settings, &outbound());
    assert_eq!(client.repositories("team").await.unwrap(), ["team/app"]);
    assert_eq!(harbor.recorder().requests().len(), 0);
}

#[tokio::test]
async fn an_unknown_repository_is_empty_and_one_without_a_project_is_refused() {
    let harbor = harbor().await;
    harbor.project("team");
    assert_eq!(found(&harbor, &[]).await.artifacts.len(), 0);
    let selector = selector(&[]);
    let refused = as_admin(&harbor).artifacts("app", &everything(&selector)).await.unwrap_err();
    assert_eq!(refused.to_string(), "'app' names a project of Harbor and no repository in it");
}
