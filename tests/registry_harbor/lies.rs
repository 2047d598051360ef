//! Answers that are wrong.

use forewarm_fake::Fault;
use forewarm_fake::harbor::Lie;
use forewarm_registry::RegistryError;

use super::lab::{REPOSITORY, as_admin, found, harbor, tried};
use crate::support::oci::{everything, selector};

fn lie(error: &RegistryError) -> String {
    assert!(matches!(error, RegistryError::Lying(_)), "{error}");
    error.to_string()
}

#[tokio::test]
async fn a_list_without_end_is_refused_at_once() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    harbor.lie(Lie::EndlessPaging);
    let error = lie(&tried(&harbor, &[]).await.unwrap_err());
    assert!(
        error.contains("endless paging") && error.contains("it claims 1099511627776 entries or more"),
        "{error}"
    );
    assert_eq!(harbor.recorder().requests().len(), 1);
}

#[tokio::test]
async fn pages_that_repeat_themselves_are_refused() {
    let harbor = harbor().await;
    for number in 0..150 {
        harbor.holds(&[&format!("{REPOSITORY}:v{number}")]);
    }
    let page = harbor_page(&harbor).await;
    harbor.faults().on("GET", "/artifacts").always().inject(Fault::Answer(page));
    let error = lie(&tried(&harbor, &[]).await.unwrap_err());
    assert!(error.contains("endless paging") && error.contains("page 2 repeats"), "{error}");
}

/// A full first page without a total.
async fn harbor_page(harbor: &forewarm_fake::harbor::Harbor) -> forewarm_fake::Answer {
    let url = format!("{}/api/v2.0/projects/team/repositories/app/artifacts?page_size=100", harbor.url());
    let request = crate::support::client::client().get(url).basic_auth("admin", Some("Harbor12345"));
    let body = request.send().await.unwrap().bytes().await.unwrap();
    forewarm_fake::Answer::new(200).body("application/json", body)
}

#[tokio::test]
async fn a_total_that_is_too_small_ends_the_list() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    harbor.lie(Lie::ShortTotal);
    assert_eq!(found(&harbor, &[]).await.artifacts.len(), 1);
    assert_eq!(harbor.recorder().requests().len(), 1);
}

#[tokio::test]
async fn an_answer_of_more_than_ten_megabytes_is_not_read() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    harbor.lie(Lie::HugeBody(11 << 20));
    let error = lie(&tried(&harbor, &[]).await.unwrap_err());
    assert!(error.contains("larger than 10485760 bytes"), "{error}");
}

#[tokio::test]
async fn digests_that_are_none_or_others_are_noticed() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    harbor.lie(Lie::NoDigest);
    let error = lie(&tried(&harbor, &[]).await.unwrap_err());
    assert!(error.contains("lists one without a digest"), "{error}");
    harbor.stop_lying();
    harbor.lie(Lie::OtherDigest);
    let selector = selector(&[]);
    let asked = as_admin(&harbor).artifact(REPOSITORY, &image.digest, &everything(&selector)).await;
    let error = lie(&asked.unwrap_err());
    assert!(error.contains("describes something else"), "{error}");
}

#[tokio::test]
async fn an_answer_that_is_no_json_is_not_harbors() {
    let harbor = harbor().await;
    harbor.faults().next(Fault::html());
    let error = lie(&tried(&harbor, &[]).await.unwrap_err());
    assert!(error.contains("does not answer as Harbor does"), "{error}");
}

#[tokio::test]
async fn a_broken_connection_is_worth_another_try() {
    let harbor = harbor().await;
    harbor.faults().next(Fault::BreakMidBody);
    harbor.holds(&["team/app:v1"]);
    assert!(tried(&harbor, &[]).await.unwrap_err().is_transient());
}
