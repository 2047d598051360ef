//! Which token servers get credentials, and how many requests a host gets.

use forewarm_domain::auth::Auth;
use forewarm_fake::registry::Registry as Fake;
use forewarm_http::Outbound;
use forewarm_http::distribution::{JSON, Session, realm};

use crate::support::outbound::outbound;

fn check(registry: &str, realm: &str, credentials: bool) -> bool {
    realm::check(&registry.parse().unwrap(), &realm.parse().unwrap(), credentials).is_ok()
}

#[test]
fn credentials_go_to_the_registry_s_own_host_and_site() {
    let pairs = [
        ("https://registry.example.com", "https://registry.example.com/token"),
        ("https://registry.example.com:5000", "https://registry.example.com/token"),
        ("https://registry.example.com", "https://auth.example.com/token"),
        ("https://registry.sap.de", "https://auth.sap.de/token"),
        ("https://registry.example.co.uk", "https://auth.example.co.uk/token"),
        ("https://registry-1.docker.io", "https://auth.docker.io/token"),
        ("https://registry.hub.docker.com", "https://auth.docker.io/token"),
        ("https://10.0.0.1:5000", "https://10.0.0.1:5001/token"),
        ("http://registry.lan", "https://registry.lan/token"),
        ("http://registry.lan", "http://registry.lan:5001/token"),
        ("http://127.0.0.1:5000", "http://localhost:5001/token"),
        ("http://[::1]:5000", "http://127.0.0.1:5001/token"),
    ];
    for (registry, realm) in pairs {
        assert!(check(registry, realm, true), "{registry} {realm}");
    }
}

#[test]
fn credentials_go_nowhere_else() {
    let pairs = [
        ("https://registry.example.com", "https://evil.example/token"),
        ("https://registry.example.com", "https://registry.example.com.evil.org/token"),
        ("https://registry.example.com", "https://evilexample.com/token"),
        ("https://registry.example.com", "https://127.0.0.1/token"),
        ("https://registry.example.co.uk", "https://evil.co.uk/token"),
        ("https://mine.azurecr.io", "https://evil.azurecr.io/token"),
        ("https://10.0.0.1", "https://10.9.0.1/token"),
        ("https://registry", "https://auth/token"),
        ("https://registry.example.com", "http://registry.example.com/token"),
        ("https://localhost", "http://localhost/token"),
        ("http://registry.lan", "http://auth.registry.lan/token"),
        ("http://registry.lan", "http://127.0.0.1/token"),
        ("https://registry.example.com", "ftp://registry.example.com/token"),
    ];
    for (registry, realm) in pairs {
        assert!(!check(registry, realm, true), "{registry} {realm}");
    }
}

#[test]
fn anybody_s_token_is_fetched_from_any_https_address() {
    assert!(check("https://registry.example.com", "https://elsewhere.org/token", false));
    assert!(!check("https://registry.example.com", "http://elsewhere.org/token", false));
    assert!(!check("http://registry.lan", "http://elsewhere.org/token", false));
}

#[tokio::test]
async fn a_host_gets_eight_requests_at_a_time() {
    let fake = Fake::start().await.unwrap();
    let session = |outbound: &Outbound| {
        let session = Session::new(fake.url().parse().unwrap(), Auth::None, false, outbound);
        async move { session.get("_catalog", JSON, "").await.unwrap() }
    };
    let (ours, others) = (outbound(), outbound());
    // An answer takes its slot until it is read or dropped.
    let mut held = futures::future::join_all((0..8).map(|_| session(&ours))).await;

    let ninth = tokio::spawn(session(&ours));
    session(&others).await;
    assert_eq!(fake.recorder().count("GET", "/v2/_catalog"), 9);

    held.pop();
    ninth.await.unwrap();
    assert_eq!(fake.recorder().count("GET", "/v2/_catalog"), 10);
}
