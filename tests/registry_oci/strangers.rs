//! Servers that are no registry, and those that are not there.

use forewarm_fake::registry::Registry as Fake;
use forewarm_fake::{Answer, Fault};
use forewarm_http::{ErrorKind, HttpError};
use forewarm_registry::RegistryError;
use serde_json::json;

use crate::support::oci::{anonymous, everything, selector};

async fn ping(answer: Answer) -> Result<String, RegistryError> {
    let fake = Fake::start().await.unwrap();
    fake.faults().on("GET", "/v2/").always().inject(Fault::Answer(answer));
    anonymous(&fake.url()).ping().await
}

#[tokio::test]
async fn a_registry_is_known_by_its_answer() {
    let fake = Fake::start().await.unwrap();
    assert_eq!(anonymous(&fake.url()).ping().await.unwrap(), "OCI registry, asked without credentials");
    let marked = Answer::new(200).header("docker-distribution-api-version", "registry/2.0").text("hello");
    ping(marked).await.unwrap();
    ping(Answer::new(200)).await.unwrap();
    ping(Answer::new(200).json(&json!(true))).await.unwrap();
}

#[tokio::test]
async fn other_servers_are_told_apart() {
    let html = Answer::new(200).body("text/html", "<!doctype html>");
    let empty_html = Answer::new(200).body("text/html", "");
    let json = Answer::new(200).json(&json!({"name": "search", "version": "8"}));
    let strangers = [
        (html, "a web page"),
        (empty_html, "a web page"),
        (json, "some other application's JSON"),
        (Answer::new(301).header("location", "/login"), "redirects to /login"),
        (Answer::new(404).text("nothing here"), "answers 404"),
        (Answer::new(401), "does not say how to sign in"),
    ];
    for (answer, why) in strangers {
        let error = ping(answer).await.unwrap_err();

        assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains("is not an OCI registry") && text.contains(why), "{text}");
        assert!(!error.is_transient());
    }
}

#[tokio::test]
async fn a_registry_in_trouble_is_no_stranger() {
    let error = ping(Answer::new(500)).await.unwrap_err();

    assert!(matches!(&error, RegistryError::Http(HttpError { kind: ErrorKind::Status(500), .. })));
    assert!(error.is_transient());
}

#[tokio::test]
async fn an_unreachable_registry_is_named_with_the_cause() {
    let url = {
        let mut fake = Fake::start().await.unwrap();
        let url = fake.url();
        fake.stop().await;
        url
    };
    let selector = selector(&[]);

    let error = anonymous(&url).artifact("shop/web", "v1", &everything(&selector)).await;

    let error = error.unwrap_err();
    assert!(error.is_transient());
    let text = error.to_string();
    for part in ["shop/web:v1", url.as_str(), "connection refused"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn a_name_without_address_and_a_port_without_tls_are_told_apart() {
    let fake = Fake::start().await.unwrap();
    let without_tls = fake.url().replace("http://", "https://");

    let dns = anonymous("http://registry.invalid").ping().await.unwrap_err();
    let tls = anonymous(&without_tls).ping().await.unwrap_err();

    assert!(dns.to_string().contains("cannot be resolved"), "{dns}");
    assert!(tls.to_string().contains("TLS failed"), "{tls}");
}

#[tokio::test]
async fn lists_that_are_none_are_lies() {
    let fake = Fake::start().await.unwrap();
    let registry = anonymous(&fake.url());
    let selector = selector(&[]);
    fake.faults().next(Fault::html());
    let catalog = registry.repositories("").await.unwrap_err();
    fake.faults().next(Fault::html());
    let tags = registry.artifacts("web", &everything(&selector)).await.unwrap_err();

    for error in [catalog, tags] {
        assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
        assert!(error.to_string().contains(&fake.url()), "{error}");
    }
}
