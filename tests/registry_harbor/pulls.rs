//! What engines get to pull with, and pulls that break a project's rules.

use std::time::Duration;

use forewarm_domain::digest::Digest;
use forewarm_fake::Fault;
use forewarm_registry::RegistryError;

use super::lab::{as_account, as_admin, entered, harbor};
use crate::support::clock::TestClock;
use crate::support::oci::connect;

#[tokio::test]
async fn engines_get_a_token_for_one_repository() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    let robot = harbor.robot("team", "puller", "secret");
    let client = as_account(&harbor, &robot, "secret");
    let value = client.pull_access("team/app").await.unwrap().unwrap();
    assert!(value.expose().starts_with("Bearer harbor-token-"));
    let scope = harbor.recorder().matching("GET", "/service/token").remove(0);
    assert_eq!(scope.parameter("scope"), Some("repository:team/app:pull"));
}

#[tokio::test]
async fn engines_never_get_the_password_also_after_harbor_asked_for_it() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1", "other/x:v1"]).remove(1);
    let robot = harbor.robot("team", "puller", "secret");
    let client = as_account(&harbor, &robot, "secret");
    // A token that does not open the repository: Harbor asks for a password then.
    let digest = Digest::parse(&image.digest).unwrap();
    let refused = client.blobs("other/x", &digest).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Denied(_)), "{refused}");
    let value = client.pull_access("team/app").await.unwrap().unwrap();
    assert!(value.expose().starts_with("Bearer "), "a token all the same");
}

#[tokio::test]
async fn the_blobs_of_an_image_are_its_own() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    let digest = Digest::parse(&image.digest).unwrap();
    let blobs = as_admin(&harbor).blobs("team/app", &digest).await.unwrap();
    let names: Vec<&str> = blobs.iter().map(|blob| blob.digest.as_str()).collect();
    assert_eq!(names, image.blobs);
}

#[tokio::test]
async fn a_pull_against_the_projects_rules_is_explained_in_harbors_words() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    harbor.project("team").set("enable_content_trust_cosign", "true");
    let digest = Digest::parse(&image.digest).unwrap();
    let refused = as_admin(&harbor).blobs("team/app", &digest).await.unwrap_err();
    assert!(matches!(refused, RegistryError::Unsuitable(_)), "{refused}");
    let text = refused.to_string();
    assert!(text.starts_with("Harbor's project does not let it be pulled: "), "{text}");
    assert!(text.ends_with("(PROJECTPOLICYVIOLATION: The image is not signed by cosign.)"), "{text}");
}

#[tokio::test]
async fn a_busy_harbor_is_given_the_time_that_it_asks_for() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    let clock = TestClock::with(harbor.clock());
    let client = connect(&entered(&harbor, "admin", "Harbor12345"), &clock.outbound());
    harbor.faults().on("GET", "/repositories").inject(Fault::too_many(7));
    assert_eq!(client.repositories("team").await.unwrap(), ["team/app"]);
    assert_eq!(clock.sleeps(), [Duration::from_secs(7)]);
    harbor.faults().on("GET", "/repositories").always().inject(Fault::status(503, "down"));
    let error = client.repositories("team").await.unwrap_err();
    assert!(error.is_transient(), "{error}");
}
