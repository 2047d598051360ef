//! The issuer's keys: rotation, floods, and an issuer that is away.

use forewarm_fake::clock::Clock;
use forewarm_http::{Outbound, Rules};
use futures::future::join_all;
use serde_json::json;

use super::{ME, Scene};
use crate::support::signing_key::SigningKey;

#[tokio::test]
async fn a_new_key_is_found_and_known_ones_are_not_asked_for_again() {
    let scene = Scene::start().await;
    let old = scene.token(&json!({}));
    for _ in 0..5 {
        scene.assert_opens(&old).await;
    }
    assert_eq!(scene.issuer.fetches(), 1);
    let next = SigningKey::new("two", "ES256");
    scene.issuer.has(&[&scene.key, &next]);
    scene.advance(31);
    scene.assert_opens(&next.token(&scene.claims(&json!({})))).await;
    scene.assert_opens(&old).await;
    assert_eq!(scene.issuer.fetches(), 2);
}

#[tokio::test]
async fn a_key_that_the_issuer_withdrew_opens_nothing_after_an_hour() {
    let scene = Scene::start().await;
    scene.assert_opens(&scene.token(&json!({}))).await;
    scene.issuer.has(&[&SigningKey::new("two", "EdDSA")]);
    scene.advance(3599);
    scene.assert_opens(&scene.token(&json!({}))).await;
    scene.advance(2);
    scene.assert_status(&scene.token(&json!({})), 401).await;
}

#[tokio::test]
async fn a_flood_of_unknown_key_ids_asks_the_issuer_once_in_half_a_minute() {
    let scene = Scene::start().await;
    scene.assert_opens(&scene.token(&json!({}))).await;
    for round in 2..4 {
        scene.advance(31);
        let claims = scene.claims(&json!({}));
        for n in 0..20 {
            scene.assert_status(&SigningKey::new(&format!("forged-{n}"), "EdDSA").token(&claims), 401).await;
        }
        assert_eq!(scene.issuer.fetches(), round);
    }
    scene.assert_opens(&scene.token(&json!({}))).await;
}

#[tokio::test]
async fn tokens_of_other_issuers_make_nobody_ask_for_keys() {
    let scene = Scene::start().await;
    scene.assert_status(&scene.token(&json!({ "iss": "https://issuer.example" })), 401).await;
    assert_eq!(scene.issuer.fetches(), 0);
}

#[tokio::test]
async fn those_who_come_together_share_one_fetch() {
    let scene = Scene::start().await;
    let token = scene.token(&json!({}));
    let answers = join_all((0..20).map(|_| scene.get(&token, ME))).await;
    assert!(answers.iter().all(|answer| answer.status == 200));
    assert_eq!(scene.issuer.fetches(), 1);
}

#[tokio::test]
async fn an_issuer_that_is_away_at_first_is_asked_again_soon() {
    let scene = Scene::start().await;
    scene.issuer.answers(503, "");
    let answer = scene.get(&scene.token(&json!({})), ME).await;
    assert_eq!(answer.status, 503, "{}", answer.text);
    assert!(answer.complaints().contains("OpenID Connect"), "{}", answer.text);
    assert_eq!(answer.header("retry-after"), "10");
    // Whoever has a token of ours comes in meanwhile.
    assert_eq!(scene.app.get(ME).await.status, 200);
    scene.issuer.is_well();
    scene.assert_status(&scene.token(&json!({})), 503).await;
    scene.advance(11);
    scene.assert_opens(&scene.token(&json!({}))).await;
}

#[tokio::test]
async fn an_issuer_that_is_away_for_hours_locks_nobody_out_whose_key_is_known() {
    let scene = Scene::start().await;
    scene.assert_opens(&scene.token(&json!({}))).await;
    scene.issuer.answers(500, "");
    for _ in 0..23 {
        scene.advance(3600);
        scene.assert_opens(&scene.token(&json!({}))).await;
    }
    // Of a key that is not known nobody can tell whether it is good.
    let unknown = SigningKey::new("two", "EdDSA").token(&scene.claims(&json!({})));
    scene.assert_status(&unknown, 503).await;
    // Keys that nobody has confirmed for a day serve no longer.
    scene.advance(3600);
    scene.assert_status(&scene.token(&json!({})), 503).await;
    scene.issuer.is_well();
    scene.advance(11);
    scene.assert_opens(&scene.token(&json!({}))).await;
}

#[tokio::test]
async fn what_is_wrong_with_the_issuer_s_document_opens_nothing() {
    for (field, value) in [
        // Another's document must not speak for the configured issuer.
        ("issuer", "https://issuer.example"),
        ("jwks_uri", "http://keys.issuer.example/keys"),
        ("jwks_uri", "http://user:password@127.0.0.1/keys"),
        ("jwks_uri", "no address"),
    ] {
        let scene = Scene::start().await;
        scene.issuer.claims_to_have(field, value);
        scene.assert_status(&scene.token(&json!({})), 503).await;
        assert_eq!(scene.issuer.fetches(), 0, "{field} {value}");
    }
}

#[tokio::test]
async fn the_issuer_sends_nobody_elsewhere() {
    let scene = Scene::start().await;
    scene.issuer.answers(302, "/keys");
    scene.assert_status(&scene.token(&json!({})), 503).await;
    assert_eq!(scene.issuer.fetches(), 0);
}

#[tokio::test]
async fn keys_that_nobody_understands_spoil_no_others_but_alone_they_are_trouble() {
    let scene = Scene::start().await;
    let strange = vec![
        json!({ "kty": "AKP", "kid": "pq", "alg": "ML-DSA-44", "pub": "AAAA" }),
        json!({ "kty": "EC", "crv": "secp256k1", "kid": "k1", "x": "AA", "y": "AA" }),
        json!("nonsense"),
    ];
    scene.issuer.shows(strange.clone());
    scene.assert_status(&scene.token(&json!({})), 503).await;
    scene.issuer.shows(strange.into_iter().chain([scene.key.public()]).collect());
    scene.advance(11);
    scene.assert_opens(&scene.token(&json!({}))).await;
}

#[tokio::test]
async fn an_issuer_where_nothing_may_be_connected_to_is_not_asked() {
    let clock = Clock::manual(chrono::Utc::now());
    let scene = Scene::through(Outbound::new(Rules::default()), clock, |_| {}).await;
    scene.assert_status(&scene.token(&json!({})), 503).await;
    assert_eq!(scene.issuer.fetches(), 0);
}
