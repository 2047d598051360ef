//! Servers over https: what is refused, what can be accepted, and what breaks later.

use forewarm_domain::instance::Instance;
use forewarm_domain::registry::Registry as Settings;
use forewarm_http::{ErrorKind, HttpError};
use forewarm_provider::{ProviderError, Subject};
use forewarm_registry::RegistryError;

use crate::support::manager::manager;
use crate::support::oci;
use crate::support::outbound::outbound;
use crate::support::preheats::{connect, instance, log, preheat};
use crate::support::tls_server::TlsServer;

fn trusting(url: &str) -> Settings {
    Settings { insecure_tls: true, ..oci::settings(url) }
}

#[tokio::test]
async fn a_registry_with_a_self_signed_certificate_is_refused_until_its_user_accepts_any() {
    let server = TlsServer::registry().await;
    let outbound = outbound();

    let refused = oci::connect(&oci::settings(&server.url()), &outbound).ping().await.unwrap_err();
    let accepted = oci::connect(&trusting(&server.url()), &outbound).ping().await.unwrap();

    let text = refused.to_string();
    assert!(text.contains(&server.url()) && text.contains("TLS failed"), "{text}");
    assert!(!text.contains('\n') && !refused.is_transient(), "{text}");
    assert_eq!(accepted, "OCI registry, asked without credentials");
}

#[tokio::test]
async fn a_mirror_with_a_self_signed_certificate_is_refused_until_its_user_accepts_any() {
    let server = TlsServer::registry().await;
    let mirror = instance("mirror", &server.url());

    let refused = connect(&mirror).ping().await.unwrap_err();

    assert!(matches!(refused, ProviderError::Permanent { .. }), "{refused:?}");
    assert!(refused.to_string().contains("TLS failed"), "{refused}");
    connect(&Instance { insecure_tls: true, ..mirror }).ping().await.unwrap();
}

#[tokio::test]
async fn a_connection_that_breaks_after_tls_stood_is_no_failure_of_tls() {
    let server = TlsServer::rude().await;

    let error = oci::connect(&trusting(&server.url()), &outbound()).ping().await.unwrap_err();

    let RegistryError::Http(HttpError { kind, message, .. }) = &error else { panic!("{error:?}") };
    assert_eq!(*kind, ErrorKind::Connection, "{message}");
    assert!(message.contains("the connection failed") && error.is_transient(), "{message}");
}

#[tokio::test]
async fn a_new_job_whose_connection_breaks_after_tls_stood_may_have_been_taken() {
    let server = TlsServer::rude().await;
    let engine = connect(&Instance { insecure_tls: true, ..manager(&server.url(), "some-token") });
    let files = vec!["https://files.example.com/a".parse().unwrap()];

    let error = engine.preheat(&preheat(Subject::Files { urls: files }), &log()).await.unwrap_err();

    assert!(matches!(error, ProviderError::Unknown { .. }), "{error:?}");
}
