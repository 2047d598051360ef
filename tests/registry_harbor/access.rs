//! Robots and their rights, strangers, and the ping.

use forewarm_domain::registry::Registry as Settings;
use forewarm_fake::Fault;
use forewarm_registry::RegistryError;

use super::lab::{REPOSITORY, as_account, as_admin, as_stranger, harbor};
use crate::support::oci::{connect, everything, selector, settings};
use crate::support::outbound::outbound;

#[tokio::test]
async fn a_ping_says_what_answered_and_how_much_it_shows() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1", "other/x:v1"]);
    let robot = harbor.robot("team", "puller", "secret");
    let ping = as_account(&harbor, &robot, "secret").ping().await.unwrap();
    assert_eq!(ping, "Harbor v2.16.0-c50c7ddd, asked as robot$team+puller; it shows 1 project");
    let ping = as_admin(&harbor).ping().await.unwrap();
    assert!(ping.ends_with("it shows 2 projects"), "{ping}");
    harbor.project("other").set("public", "true");
    let ping = as_stranger(&harbor).ping().await.unwrap();
    assert_eq!(ping, "Harbor, asked without credentials; it shows 1 project");
}

#[tokio::test]
async fn a_wrong_password_is_noticed_though_harbor_says_nothing() {
    let harbor = harbor().await;
    let robot = harbor.robot("team", "puller", "secret");
    let refused = as_account(&harbor, &robot, "wrong").ping().await.unwrap_err();
    assert!(matches!(refused, RegistryError::Denied(_)), "{refused}");
    assert!(refused.to_string().ends_with("Harbor does not accept the credentials"), "{refused}");
}

#[tokio::test]
async fn what_is_no_harbor_is_told_from_one() {
    let registry = forewarm_fake::registry::Registry::start().await.unwrap();
    let settings = Settings { kind: "harbor".to_owned(), ..settings(&registry.url()) };
    let stranger = connect(&settings, &outbound()).ping().await.unwrap_err();
    assert!(matches!(stranger, RegistryError::Lying(_)), "{stranger}");
    assert!(stranger.to_string().contains("is not a Harbor"), "{stranger}");
    let harbor = harbor().await;
    for fault in [Fault::html(), Fault::status(200, "{}")] {
        harbor.faults().next(fault);
        let stranger = as_admin(&harbor).ping().await.unwrap_err();
        assert!(stranger.to_string().contains("is not a Harbor"), "{stranger}");
    }
}

#[tokio::test]
async fn a_missing_right_is_named() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    let robot = harbor.robot_with("team", "poor", "secret", &[]);
    let client = as_account(&harbor, &robot, "secret");
    let selector = selector(&[]);
    let refusals = [
        (client.criteria("team").await.unwrap_err(), "project: read"),
        (client.repositories("team").await.unwrap_err(), "repository: list"),
        (client.artifacts(REPOSITORY, &everything(&selector)).await.unwrap_err(), "artifact: list"),
        (client.artifact(REPOSITORY, "v1", &everything(&selector)).await.unwrap_err(), "artifact: read"),
    ];
    for (refusal, right) in refusals {
        assert!(matches!(refusal, RegistryError::Denied(_)), "{refusal}");
        assert!(refusal.to_string().contains(&format!("lacks the right '{right}'")), "{refusal}");
    }
}

#[tokio::test]
async fn a_robot_is_refused_in_projects_that_are_not_its_own() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1", "other/x:v1"]);
    let robot = harbor.robot("team", "puller", "secret");
    let client = as_account(&harbor, &robot, "secret");
    assert_eq!(client.repositories("team").await.unwrap(), ["team/app"]);
    let refused = client.repositories("other").await.unwrap_err();
    assert!(matches!(refused, RegistryError::Denied(_)), "{refused}");
    let unknown = as_admin(&harbor).repositories("nothing").await.unwrap_err();
    assert!(matches!(unknown, RegistryError::NotFound(_)), "{unknown}");
}

#[tokio::test]
async fn strangers_read_public_projects_and_are_told_to_sign_in_elsewhere() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1", "open/y:v1"]);
    harbor.project("open").set("public", "true").unset("reuse_sys_cve_allowlist");
    let client = as_stranger(&harbor);
    assert_eq!(client.repositories("").await.unwrap(), ["open/y"]);
    assert!(client.criteria("open").await.unwrap().is_some());
    let refused = client.repositories("team").await.unwrap_err();
    assert!(refused.to_string().contains("Harbor does not know the account"), "{refused}");
}

#[tokio::test]
async fn the_secret_goes_to_harbor_alone_and_into_no_message() {
    let harbor = harbor().await;
    let client = as_account(&harbor, "robot$team+puller", "top-secret");
    let refused = client.repositories("team").await.unwrap_err().to_string();
    assert!(!refused.contains("top-secret"), "{refused}");
    harbor.faults().on("GET", "/api/v2.0/projects").inject(Fault::moved("http://127.0.0.1:1/elsewhere"));
    let moved = client.repositories("").await.unwrap_err().to_string();
    assert!(moved.contains("301"), "a redirect is not followed: {moved}");
}
