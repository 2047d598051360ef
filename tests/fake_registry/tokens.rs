//! Who is let in.

use std::time::Duration;

use forewarm_fake::registry::{Auth, Bearer, Knobs, Registry};
use reqwest::Method;
use serde_json::Value;

use super::reader::{get, header, registry, request};

async fn with(bearer: Bearer) -> Registry {
    let registry = registry(Knobs::from(Auth::Bearer(bearer))).await;
    registry.holds(&["shop/web:v1", "shop/db:v1"]);
    registry
}

fn ann() -> Option<(String, String)> {
    Some(("ann".to_owned(), "secret".to_owned()))
}

/// Asks the realm of the path's challenge for a token with this scope.
async fn token(registry: &Registry, scope: &str, account: bool) -> Value {
    let challenge = header(&get(registry, "/v2/").await, "www-authenticate");
    let realm = challenge.split('"').nth(1).unwrap().to_owned();
    let mut asked = request(registry, Method::GET, &realm).query(&[("service", "x"), ("scope", scope)]);
    if account {
        asked = asked.basic_auth("ann", Some("secret"));
    }
    let response = asked.send().await.unwrap();
    if response.status() != 200 {
        return Value::from(response.status().as_u16());
    }
    response.json().await.unwrap()
}

async fn status(registry: &Registry, path: &str, token: &Value) -> u16 {
    let token = token["token"].as_str().unwrap();
    request(registry, Method::GET, path).bearer_auth(token).send().await.unwrap().status().as_u16()
}

const TAGS: &str = "/v2/shop/web/tags/list";
const PULL: &str = "repository:shop/web:pull";

#[tokio::test]
async fn basic_credentials_must_be_right() {
    let registry = registry(Knobs::from(Auth::basic("ann", "secret"))).await;
    let refused = get(&registry, "/v2/").await;
    assert_eq!(refused.status(), 401);
    assert!(header(&refused, "www-authenticate").starts_with("Basic realm="));
    for (password, status) in [("wrong", 401), ("secret", 200)] {
        let asked = request(&registry, Method::GET, "/v2/").basic_auth("ann", Some(password));
        assert_eq!(asked.send().await.unwrap().status(), status);
    }
}

#[tokio::test]
async fn a_token_opens_its_repository_and_no_other() {
    let registry = with(Bearer::default()).await;
    let challenge = header(&get(&registry, TAGS).await, "www-authenticate");
    assert!(challenge.contains(r#"scope="repository:shop/web:pull""#), "{challenge}");
    let token = token(&registry, PULL, false).await;
    assert_eq!(status(&registry, TAGS, &token).await, 200);
    assert_eq!(status(&registry, "/v2/shop/db/tags/list", &token).await, 401);
    assert_eq!(status(&registry, "/v2/_catalog", &token).await, 401);
    assert_eq!(registry.tokens_given(), 1);
}

#[tokio::test]
async fn tokens_run_out_by_the_clock() {
    let registry = with(Bearer { ttl: Duration::from_secs(60), ..Bearer::default() }).await;
    let token = token(&registry, PULL, false).await;
    assert_eq!(token["expires_in"], 60);
    registry.clock().advance(Duration::from_secs(59));
    assert_eq!(status(&registry, TAGS, &token).await, 200);
    registry.clock().advance(Duration::from_secs(1));
    assert_eq!(status(&registry, TAGS, &token).await, 401);
}

#[tokio::test]
async fn private_repositories_and_the_catalog_need_an_account() {
    let private = ["shop/web".to_owned()].into();
    let registry = with(Bearer { account: ann(), private, ..Bearer::default() }).await;
    for (account, expected) in [(false, 401), (true, 200)] {
        let pull = token(&registry, PULL, account).await;
        assert_eq!(status(&registry, TAGS, &pull).await, expected);
        let catalog = token(&registry, "registry:catalog:*", account).await;
        assert_eq!(status(&registry, "/v2/_catalog", &catalog).await, expected);
    }
    let registry = with(Bearer { account: ann(), anonymous: false, ..Bearer::default() }).await;
    assert_eq!(token(&registry, PULL, false).await, 401);
    let registry = with(Bearer { account: ann(), catalog: false, ..Bearer::default() }).await;
    let catalog = token(&registry, "registry:catalog:*", true).await;
    assert_eq!(status(&registry, "/v2/_catalog", &catalog).await, 401);
}

#[tokio::test]
async fn the_token_server_may_be_elsewhere_and_speak_differently() {
    let bearer =
        Bearer { other_port: true, key: "access_token".to_owned(), says_expiry: false, ..Bearer::default() };
    let registry = with(bearer).await;
    let challenge = header(&get(&registry, "/v2/").await, "www-authenticate");
    assert!(!challenge.contains(&registry.url()), "{challenge}");
    let token = token(&registry, PULL, false).await;
    assert!(token["access_token"].is_string() && token.get("expires_in").is_none());
    assert_eq!(registry.token_requests().len(), 1);
}
