//! The registry side: tokens, and pulls that break the project's rules.

use std::time::Duration;

use forewarm_fake::harbor::{ADMIN, ADMIN_PASSWORD, Harbor, Knobs, Scan};
use reqwest::RequestBuilder;
use serde_json::Value;

use super::reader::{harbor, header};
use crate::support::client::client;

const MANIFEST: &str = "/v2/team/app/manifests/v1";

fn raw(harbor: &Harbor, path: &str) -> RequestBuilder {
    client().get(format!("{}{path}", harbor.url())).header(
        "accept",
        "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json",
    )
}

async fn token(harbor: &Harbor, repository: &str, account: Option<(&str, &str)>) -> String {
    let path = format!("/service/token?service=harbor-registry&scope=repository:{repository}:pull");
    let mut request = raw(harbor, &path);
    if let Some((name, secret)) = account {
        request = request.basic_auth(name, Some(secret));
    }
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((body["access_token"].as_str(), body["expires_in"].as_u64()), (Some(""), Some(1800)));
    body["token"].as_str().unwrap().to_owned()
}

async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// The message of a 412, and an empty one where there is no such refusal.
async fn violation(harbor: &Harbor, path: &str) -> String {
    let response = raw(harbor, path).basic_auth(ADMIN, Some(ADMIN_PASSWORD)).send().await.unwrap();
    if response.status() == 200 {
        return String::new();
    }
    assert_eq!(response.status(), 412);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["code"], "PROJECTPOLICYVIOLATION");
    body["errors"][0]["message"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_pull_needs_a_token_of_the_same_account_for_that_repository() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1", "other/x:v1"]);
    let robot = harbor.robot("team", "puller", "secret");
    let challenged = raw(&harbor, MANIFEST).send().await.unwrap();
    let expected = format!(
        r#"Bearer realm="{}/service/token",service="harbor-registry",scope="repository:team/app:pull""#,
        harbor.url()
    );
    assert_eq!((challenged.status().as_u16(), header(&challenged, "www-authenticate")), (401, expected));
    let good = token(&harbor, "team/app", Some((&robot, "secret"))).await;
    assert_eq!(status(raw(&harbor, MANIFEST).bearer_auth(&good)).await, 200);
    assert_eq!(status(raw(&harbor, "/v2/other/x/manifests/v1").bearer_auth(&good)).await, 401);
    for account in [None, Some((robot.as_str(), "wrong"))] {
        let empty = token(&harbor, "team/app", account).await;
        let refused = raw(&harbor, MANIFEST).bearer_auth(&empty).send().await.unwrap();
        assert_eq!(
            (refused.status().as_u16(), header(&refused, "www-authenticate").as_str()),
            (401, r#"Basic realm="harbor""#)
        );
    }
    harbor.clock().advance(Duration::from_secs(1800));
    assert_eq!(status(raw(&harbor, MANIFEST).bearer_auth(&good)).await, 401, "it has run out");
}

#[tokio::test]
async fn a_name_and_password_do_as_well_as_a_token_and_the_catalog_is_the_administrators() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    let robot = harbor.robot("team", "puller", "secret");
    let as_robot = |path: &str| raw(&harbor, path).basic_auth(&robot, Some("secret"));
    assert_eq!(status(as_robot(MANIFEST)).await, 200);
    assert_eq!(status(as_robot("/v2/")).await, 200);
    assert_eq!(status(as_robot("/v2/_catalog")).await, 401);
    let admin = raw(&harbor, "/v2/_catalog").basic_auth(ADMIN, Some(ADMIN_PASSWORD));
    assert_eq!(status(admin).await, 200);
    assert_eq!(status(raw(&harbor, "/service/token")).await, 401, "nobody asking for nothing");
}

#[tokio::test]
async fn a_project_that_trusts_the_signed_alone_refuses_the_rest() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    let project = harbor.project("team").set("enable_content_trust_cosign", "true");
    assert_eq!(violation(&harbor, MANIFEST).await, "The image is not signed by cosign.");
    let head = client().head(format!("{}{MANIFEST}", harbor.url())).basic_auth(ADMIN, Some(ADMIN_PASSWORD));
    assert_eq!(status(head).await, 412);
    let signature = harbor.accessory("team/app", &image.digest, "signature.cosign");
    let signature = format!("/v2/team/app/manifests/{}", signature.digest);
    assert_eq!(violation(&harbor, &signature).await, "", "a signature itself may be pulled");
    assert_eq!(violation(&harbor, MANIFEST).await, "");
    project.set("enable_content_trust", "true");
    assert_eq!(violation(&harbor, MANIFEST).await, "The image is not signed by notation.");
}

#[tokio::test]
async fn a_project_against_vulnerabilities_refuses_grave_and_unscanned_images() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    harbor.push_index("team/app", "v2", &["linux/amd64"], false);
    let project = harbor.project("team").set("prevent_vul", "true").set("severity", "high");
    assert!(violation(&harbor, MANIFEST).await.contains("without vulnerability scanning"));
    harbor.scan("team/app", "v1", &Scan::of_status("Error"));
    assert!(violation(&harbor, MANIFEST).await.contains(r#""Error" status"#));
    harbor.scan("team/app", "v1", &Scan::found(&[("CVE-1", "Critical"), ("CVE-2", "Low")]));
    assert!(violation(&harbor, MANIFEST).await.contains("with 2 vulnerabilities"));
    harbor.system_allowlist(&["CVE-1"], None);
    assert_eq!(
        violation(&harbor, MANIFEST).await,
        "",
        "the system's list counts until the project says otherwise"
    );
    project.allowlist(&["CVE-1"], Some(0));
    assert!(
        violation(&harbor, MANIFEST).await.contains("with 2 vulnerabilities"),
        "its own list has run out"
    );
    harbor.scan("team/app", "v2", &Scan::found(&[("CVE-1", "Critical")]));
    assert_eq!(violation(&harbor, "/v2/team/app/manifests/v2").await, "", "an index is let through");
}

#[tokio::test]
async fn a_harbor_can_be_without_these_rules() {
    let harbor = Harbor::start_with(Knobs { pull_rules: false, ..Knobs::default() }).await.unwrap();
    harbor.holds(&["team/app:v1"]);
    harbor.project("team").set("enable_content_trust", "true");
    assert_eq!(violation(&harbor, MANIFEST).await, "");
}
