//! Which tokens open.

use std::time::Duration;

use forewarm_api::{Gate, GateSettings};
use ring::hmac;
use serde_json::{Value, json};

use super::{ME, ROLES, Scene, endpoint};
use crate::support::access::basic;
use crate::support::clock::TestClock;
use crate::support::signing_key::{SigningKey, encode, part};

#[tokio::test]
async fn tokens_of_every_accepted_algorithm_open() {
    let scene = Scene::start().await;
    let keys: Vec<SigningKey> =
        SigningKey::ALGORITHMS.into_iter().map(|algorithm| SigningKey::new(algorithm, algorithm)).collect();
    scene.issuer.has(&keys.iter().collect::<Vec<_>>());
    for key in &keys {
        let answer = scene.get(&key.token(&scene.claims(&json!({}))), ME).await;
        assert_eq!(answer.status, 200, "{}: {}", key.header(), answer.text);
    }
}

#[tokio::test]
async fn keys_that_name_no_algorithm_and_have_a_zero_in_front_are_fine() {
    let scene = Scene::start().await;
    let key = SigningKey::new("rsa", "RS256");
    let mut shown = key.public();
    for field in ["alg", "use"] {
        shown.as_object_mut().unwrap().remove(field);
    }
    // Four letters are three bytes, here zeros.
    shown["n"] = json!(format!("AAAA{}", shown["n"].as_str().unwrap()));
    scene.issuer.shows(vec![shown]);
    scene.assert_opens(&key.token(&scene.claims(&json!({})))).await;
}

#[tokio::test]
async fn a_token_without_a_key_id_opens_if_only_one_key_can_be_meant() {
    let scene = Scene::start().await;
    let header = json!({ "alg": "EdDSA" });
    let token = scene.key.token_with(&header, &scene.claims(&json!({})));
    let other = SigningKey::new("two", "ES256");
    scene.issuer.has(&[&scene.key, &other]);
    scene.assert_opens(&token).await;
    scene.issuer.has(&[&scene.key, &SigningKey::new("two", "EdDSA")]);
    scene.advance(3601);
    let token = scene.key.token_with(&header, &scene.claims(&json!({})));
    scene.assert_status(&token, 401).await;
}

#[tokio::test]
async fn one_of_several_audiences_is_enough() {
    let scene = Scene::start().await;
    scene.assert_opens(&scene.token(&json!({ "aud": ["account", "forewarm"] }))).await;
}

#[tokio::test]
async fn clocks_may_differ_by_the_leeway_and_no_more() {
    for leeway in [0_i64, 60, 300] {
        let scene = Scene::with(|settings| settings.leeway = Duration::from_secs(leeway as u64)).await;
        let now = scene.clock.now().timestamp();
        for (claim, just_good, too_much) in [
            ("exp", now - leeway + 1, now - leeway - 1),
            ("nbf", now + leeway, now + leeway + 2),
            ("iat", now + leeway, now + leeway + 2),
        ] {
            for (time, status) in [(just_good, 200), (too_much, 401)] {
                let answer = scene.get(&scene.token(&json!({ claim: time })), ME).await;
                assert_eq!(answer.status, status, "{claim} {} with {leeway}: {}", time - now, answer.text);
            }
        }
    }
}

#[tokio::test]
async fn a_token_that_expires_while_it_is_used_opens_no_longer() {
    let scene = Scene::start().await;
    let token = scene.token(&json!({}));
    scene.assert_opens(&token).await;
    scene.advance(300 + 59);
    scene.assert_opens(&token).await;
    scene.advance(2);
    scene.assert_status(&token, 401).await;
}

#[tokio::test]
async fn nothing_else_opens_and_the_answer_does_not_say_why() {
    let scene = Scene::start().await;
    let (p384, pss) = (SigningKey::new("p384", "ES384"), SigningKey::new("pss", "PS256"));
    let (sealing, thief) = (SigningKey::new("sealing", "ES256"), SigningKey::new("one", "EdDSA"));
    let mut for_encryption = sealing.public();
    for_encryption["use"] = json!("enc");
    let shared = json!({ "kty": "oct", "kid": "shared", "alg": "HS256", "k": encode(b"secret") });
    scene.issuer.shows(vec![scene.key.public(), p384.public(), pss.public(), for_encryption, shared]);
    let good = scene.claims(&json!({}));
    let mut bad: Vec<(String, String)> = bad_claims(&scene);
    let mut add = |what: &str, token: String| bad.push((what.to_owned(), token));
    add("no token", "a.b.c".to_owned());
    add("no signature", unsigned(&json!({ "alg": "EdDSA", "kid": "one" }), &good));
    add("algorithm none", unsigned(&json!({ "alg": "none", "kid": "one" }), &good));
    add("another's signature", thief.token(&good));
    add("other claims under a signature", swapped(&scene));
    add("a public key as shared secret", hmac_signed("one", &public_bytes(&scene.key), &good));
    add("a shared secret of the issuer", hmac_signed("shared", b"secret", &good));
    add("an unknown key", SigningKey::new("unknown", "EdDSA").token(&good));
    add("a key for encryption", sealing.token(&good));
    add("another curve's algorithm", p384.token_with(&json!({ "alg": "ES256", "kid": "p384" }), &good));
    let pkcs1 = SigningKey::new("pss", "RS256");
    add("an algorithm that the key does not name", pkcs1.token(&good));
    add("a key of its own", thief.token_with(&with(&thief, "jwk", &thief.public()), &good));
    add(
        "a type that is no access",
        scene.key.token_with(&with(&scene.key, "typ", &json!("logout+jwt")), &good),
    );
    add("a critical extension", scene.key.token_with(&with(&scene.key, "crit", &json!(["b64"])), &good));
    scene.assert_opens(&scene.key.token(&good)).await;
    let stranger = scene.app.send(with_header(&basic("nobody", "a wrong password"))).await;
    for (what, token) in bad {
        let answer = scene.get(&token, ME).await;
        assert_eq!(answer.status, 401, "{what}: {}", answer.text);
        assert_eq!(answer.complaints(), stranger.complaints(), "{what}");
        assert!(answer.header("www-authenticate").contains("Bearer"), "{what}");
    }
}

/// Well signed, but of claims that open nothing.
fn bad_claims(scene: &Scene) -> Vec<(String, String)> {
    let now = scene.clock.now().timestamp();
    let url = &scene.issuer.url;
    [
        json!({ "iss": null }),
        json!({ "iss": "https://issuer.example" }),
        json!({ "iss": format!("{url}/") }),
        json!({ "iss": [url] }),
        json!({ "aud": null }),
        json!({ "aud": "another" }),
        json!({ "aud": ["another", "forewarm2"] }),
        json!({ "aud": [] }),
        json!({ "aud": { "forewarm": true } }),
        json!({ "exp": null }),
        json!({ "exp": (now + 300).to_string() }),
        json!({ "exp": -1 }),
        json!({ "nbf": "soon" }),
        json!({ "iat": [] }),
        json!({ "preferred_username": null, "sub": null }),
        json!({ "preferred_username": "a\nb" }),
        json!({ "preferred_username": "a\u{0}b" }),
        json!({ "preferred_username": "x".repeat(256) }),
    ]
    .iter()
    .map(|more| (more.to_string(), scene.token(more)))
    .collect()
}

/// The signature of one token under the claims of another.
fn swapped(scene: &Scene) -> String {
    let (own, wished) = (scene.of_group("none"), scene.of_group("ops"));
    let signature = own.rsplit_once('.').unwrap().1;
    format!("{}.{signature}", wished.rsplit_once('.').unwrap().0)
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", part(header), part(claims))
}

fn hmac_signed(id: &str, secret: &[u8], claims: &Value) -> String {
    let signed = format!("{}.{}", part(&json!({ "alg": "HS256", "kid": id })), part(claims));
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", encode(tag.as_ref()))
}

fn public_bytes(key: &SigningKey) -> Vec<u8> {
    use base64::Engine as _;
    let text = key.public()["x"].as_str().unwrap().to_owned();
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

fn with(key: &SigningKey, field: &str, value: &Value) -> Value {
    let mut header = key.header();
    header[field] = value.clone();
    header
}

fn with_header(authorization: &str) -> poem::Request {
    let mut asked = crate::support::app::request(poem::http::Method::GET, ME);
    asked.headers_mut().insert("authorization", authorization.parse().unwrap());
    asked
}

#[tokio::test]
async fn an_address_that_came_with_too_many_bad_tokens_is_refused_for_a_while() {
    let mut scene = Scene::start().await;
    let gate = Gate::new(GateSettings { failures_per_address: 3, ..GateSettings::default() });
    let outbound = TestClock::with(&scene.clock).outbound();
    scene.app.endpoint = endpoint(&scene.app, scene.issuer.settings(&ROLES), outbound, gate);
    for _ in 0..3 {
        scene.assert_status(&scene.token(&json!({ "aud": "another" })), 401).await;
    }
    scene.assert_status(&scene.token(&json!({})), 429).await;
}
