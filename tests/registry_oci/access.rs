//! Who asks: Basic, tokens, and where credentials must not go.

use std::time::Duration;

use forewarm_domain::auth::Auth as Own;
use forewarm_domain::digest::Digest;
use forewarm_domain::registry::Registry as Settings;
use forewarm_fake::registry::{Auth, Bearer, ImageSpec, Knobs, Registry as Fake, Storage};
use forewarm_fake::{Answer, Fault};
use forewarm_http::distribution::{JSON, Session, pull_scope};
use forewarm_registry::RegistryError;

use crate::support::clock::TestClock;
use crate::support::oci::{anonymous, basic, connect, everything, selector, settings, signed_in, with_basic};
use crate::support::outbound::outbound;

async fn fake(auth: Auth) -> Fake {
    Fake::start_with(Knobs::from(auth)).await.unwrap()
}

fn session(fake: &Fake, auth: Own) -> Session {
    Session::new(fake.url().parse().unwrap(), auth, false, &outbound())
}

#[tokio::test]
async fn a_name_and_password_open_a_registry_that_wants_basic() {
    let fake = fake(Auth::basic("ann", "secret")).await;
    fake.holds(&["shop/web:v1"]);
    let registry = signed_in(&fake.url(), "ann", "secret");

    assert_eq!(registry.ping().await.unwrap(), "OCI registry, asked as ann");
    assert_eq!(registry.repositories("").await.unwrap(), ["shop/web"]);
    let access = registry.pull_access("shop/web").await.unwrap().unwrap();
    assert_eq!(access.expose(), "Basic YW5uOnNlY3JldA==");
}

#[tokio::test]
async fn a_registry_that_asks_nobody_is_told_the_name_and_password_all_the_same() {
    let fake = fake(Auth::None).await;
    fake.holds(&["web:v1"]);
    let registry = signed_in(&fake.url(), "ann", "secret");

    let pinged = registry.ping().await.unwrap();
    assert_eq!(registry.repositories("").await.unwrap(), ["web"]);
    let access = registry.pull_access("web").await.unwrap().unwrap();

    assert!(pinged.contains("asked as ann") && pinged.contains("not proven"), "{pinged}");
    let known = "Basic YW5uOnNlY3JldA==";
    assert_eq!(access.expose(), known);
    let sent = fake.recorder().requests();
    let values: Vec<_> = sent.iter().map(|request| request.header("authorization")).collect();
    assert_eq!(values, [None, Some(known), Some(known)], "after the first look at /v2/");
}

#[tokio::test]
async fn a_password_for_a_token_server_is_never_sent_to_its_registry() {
    let fake = fake(Auth::bearer("ann", "secret")).await;
    fake.holds(&["web:v1"]);
    fake.faults().next(Fault::status(500, "starting"));
    let registry = signed_in(&fake.url(), "ann", "secret");
    let selector = selector(&[]);

    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();

    let basic = |request: &&forewarm_fake::Recorded| {
        request.header("authorization").is_some_and(|value| value.starts_with("Basic "))
    };
    let sent = fake.recorder().requests();
    assert!(sent.iter().filter(basic).all(|request| request.path.starts_with("/token")));
    assert_eq!(fake.tokens_given(), 1);
}

#[tokio::test]
async fn a_ping_says_that_engines_are_not_given_a_header_of_the_users_own() {
    let fake = fake(Auth::None).await;
    let own = Own::Header { name: "x-gate".to_owned(), value: "open-sesame".to_owned().into() };
    let registry = connect(&Settings { auth: own, ..settings(&fake.url()) }, &outbound());

    let pinged = registry.ping().await.unwrap();

    assert!(pinged.contains("x-gate") && pinged.contains("not handed to engines"), "{pinged}");
    assert!(!pinged.contains("open-sesame"), "{pinged}");
    assert_eq!(registry.pull_access("web").await.unwrap(), None);
}

#[tokio::test]
async fn wrong_or_missing_credentials_are_denied() {
    for auth in [Auth::basic("ann", "secret"), Auth::bearer("ann", "secret")] {
        let fake = fake(auth).await;
        fake.holds(&["web:v1"]);
        for registry in [signed_in(&fake.url(), "ann", "wrong"), anonymous(&fake.url())] {
            let selector = selector(&[]);
            let errors = [
                registry.ping().await.unwrap_err(),
                registry.repositories("").await.unwrap_err(),
                registry.artifact("web", "v1", &everything(&selector)).await.unwrap_err(),
            ];
            for error in errors {
                assert!(matches!(error, RegistryError::Denied(_)), "{error:?}");
                let text = error.to_string();
                assert!(text.contains("401") && text.contains(&fake.url()), "{text}");
                assert!(!text.contains("wrong") && !text.contains('\n'), "{text}");
            }
        }
    }
}

#[tokio::test]
async fn basic_without_credentials_gives_no_access_to_hand_on() {
    let fake = fake(Auth::basic("ann", "secret")).await;

    let error = anonymous(&fake.url()).pull_access("web").await.unwrap_err();

    assert!(matches!(error, RegistryError::Denied(_)), "{error:?}");
    assert!(error.to_string().contains("none are configured"), "{error}");
}

#[tokio::test]
async fn one_token_serves_all_requests_of_its_scope() {
    for key in ["token", "access_token"] {
        let bearer = Bearer {
            account: Some(("ann".to_owned(), "secret".to_owned())),
            anonymous: false,
            other_port: true,
            key: key.to_owned(),
            ..Bearer::default()
        };
        let fake = fake(Auth::Bearer(bearer)).await;
        fake.holds(&["a:1", "a:2", "a:3", "b:1"]);
        let registry = signed_in(&fake.url(), "ann", "secret");
        let selector = selector(&[]);

        assert_eq!(registry.repositories("").await.unwrap(), ["a", "b"]);
        assert_eq!(registry.artifacts("a", &everything(&selector)).await.unwrap().artifacts.len(), 3);
        assert_eq!(registry.artifacts("b", &everything(&selector)).await.unwrap().artifacts.len(), 1);

        let asked = fake.token_requests();
        let scopes: Vec<_> = asked.iter().map(|r| r.parameter("scope").unwrap().to_owned()).collect();
        assert_eq!(scopes, ["registry:catalog:*", "repository:a:pull", "repository:b:pull"]);
        assert!(asked.iter().all(|r| r.parameter("service").is_some()));
        assert!(asked.iter().all(|r| r.header("authorization").unwrap().starts_with("Basic ")));
    }
}

#[tokio::test]
async fn a_token_is_replaced_before_it_expires() {
    let bearer = Bearer { says_expiry: false, ttl: Duration::from_secs(60), ..Bearer::default() };
    let fake = fake(Auth::Bearer(bearer)).await;
    let clock = TestClock::with(fake.clock());
    fake.holds(&["web:v1"]);
    let registry = connect(&settings(&fake.url()), &clock.outbound());
    let selector = selector(&[]);

    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();
    fake.clock().advance(Duration::from_secs(40));
    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();
    assert_eq!(fake.tokens_given(), 1, "good for 60 seconds, as nothing else is said");
    fake.clock().advance(Duration::from_secs(10));
    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();

    assert_eq!(fake.tokens_given(), 2);
    let refused = fake.recorder().count("GET", "/v2/web/manifests/v1") - 3;
    assert_eq!(refused, 1, "only the very first request was challenged");
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let fake = fake(Auth::bearer("ann", "secret")).await;
    let clock = TestClock::with(fake.clock());
    fake.holds(&["web:v1"]);
    let registry = connect(&with_basic(&fake.url(), "ann", "secret"), &clock.outbound());
    let selector = selector(&[]);
    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();
    let realm = format!(r#"Bearer realm="{}/token",scope="repository:web:pull""#, fake.url());
    let refusal = Answer::new(401).header("www-authenticate", realm);
    fake.faults().on("GET", "/manifests/v1").inject(Fault::Answer(refusal));

    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();

    assert_eq!(fake.tokens_given(), 2);
}

#[tokio::test]
async fn many_requests_at_once_fetch_one_token() {
    let fake = fake(Auth::bearer("ann", "secret")).await;
    let session = session(&fake, basic("ann", "secret"));
    let scope = pull_scope("web");
    let ask = async |_| {
        let answer = session.get("web/tags/list", JSON, &scope).await.unwrap();
        answer.status().as_u16()
    };

    let statuses = futures::future::join_all((0..20).map(ask)).await;

    assert_eq!(statuses, [404; 20]);
    assert_eq!(fake.tokens_given(), 1);
}

#[tokio::test]
async fn an_anonymous_token_is_fetched_where_the_registry_wants_one() {
    let private = ["secret/db".to_owned()].into();
    let fake = fake(Auth::Bearer(Bearer { private, ..Bearer::default() })).await;
    fake.holds(&["web:v1", "secret/db:v1"]);
    let registry = anonymous(&fake.url());
    let selector = selector(&[]);

    registry.artifact("web", "v1", &everything(&selector)).await.unwrap();
    let error = registry.artifact("secret/db", "v1", &everything(&selector)).await.unwrap_err();

    assert!(matches!(error, RegistryError::Denied(_)), "{error:?}");
    assert!(error.to_string().contains("secret/db:v1"), "{error}");
}

#[tokio::test]
async fn access_to_hand_on_is_a_new_token_or_nothing() {
    let open = fake(Auth::None).await;
    let closed = fake(Auth::bearer("ann", "secret")).await;
    let clock = TestClock::with(closed.clock());
    let registry = connect(&with_basic(&closed.url(), "ann", "secret"), &clock.outbound());

    let first = registry.pull_access("web").await.unwrap().unwrap();
    closed.clock().advance(Duration::from_secs(200));
    let second = registry.pull_access("web").await.unwrap().unwrap();

    assert_eq!(anonymous(&open.url()).pull_access("web").await.unwrap(), None);
    assert!(first.expose().starts_with("Bearer "));
    assert_ne!(first, second, "two thirds of the first one's life are over");
    assert_eq!(closed.recorder().count("GET", "/v2/"), 1);
}

#[tokio::test]
async fn credentials_go_to_no_token_server_of_another_site() {
    let realms = [
        "https://evil.example/token",
        "http://evil.example/token",
        "ftp://127.0.0.1/token",
        "not an address",
    ];
    for realm in realms {
        let fake = fake(Auth::None).await;
        let challenge = format!("Bearer realm=\"{realm}\",service=\"x\"");
        let answer = Answer::new(401).header("www-authenticate", challenge);
        fake.faults().on("GET", "/v2/").always().inject(Fault::Answer(answer));

        let error = signed_in(&fake.url(), "ann", "secret").ping().await.unwrap_err();

        assert!(matches!(error, RegistryError::Lying(_)), "{error:?}");
        let text = error.to_string();
        assert!(text.contains(realm) && text.contains("is not asked"), "{text}");
    }
}

#[tokio::test]
async fn the_best_of_several_challenges_is_taken() {
    let fake = fake(Auth::bearer("ann", "secret")).await;
    let realm = format!("{}/token", fake.url());
    let several = format!(
        "Negotiate, Basic realm=\"a \\\"quoted\\\", name\", Bearer service=\"x,y\",realm=\"{realm}\", Digest nonce=1"
    );
    let answer = Answer::new(401).header("www-authenticate", several);
    fake.faults().on("GET", "/v2/").inject(Fault::Answer(answer));

    signed_in(&fake.url(), "ann", "secret").ping().await.unwrap();

    let asked = fake.recorder().matching("GET", "/token");
    assert_eq!(asked[0].parameter("service"), Some("x,y"));
}

#[tokio::test]
async fn credentials_do_not_follow_a_redirect_to_another_port() {
    for auth in [Auth::basic("ann", "secret"), Auth::bearer("ann", "secret")] {
        let knobs = Knobs { auth, storage: Storage::Redirect, ..Knobs::default() };
        let fake = Fake::start_with(knobs).await.unwrap();
        let pushed = fake.push_image("web", "v1", ImageSpec::default());
        let blob = Digest::parse(&pushed.blobs[1]).unwrap();

        let answer = session(&fake, basic("ann", "secret")).get_blob("web", &blob).await.unwrap();

        assert_eq!(answer.read(1 << 20).await.unwrap(), fake.blob(blob.as_str()).unwrap());
        let stored = fake.storage_requests();
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].header("authorization"), None);
    }
}

#[tokio::test]
async fn a_header_of_the_users_own_stays_with_the_registry() {
    let knobs = Knobs { storage: Storage::Redirect, ..Knobs::default() };
    let fake = Fake::start_with(knobs).await.unwrap();
    let pushed = fake.push_image("web", "v1", ImageSpec::default());
    let blob = Digest::parse(&pushed.blobs[1]).unwrap();
    let own = Own::Header { name: "x-gate".to_owned(), value: "open".to_owned().into() };

    session(&fake, own).get_blob("web", &blob).await.unwrap();

    assert_eq!(fake.recorder().requests()[0].header("x-gate"), Some("open"));
    assert_eq!(fake.storage_requests()[0].header("x-gate"), None);
}

#[tokio::test]
async fn redirects_without_end_are_given_up() {
    let fake = fake(Auth::None).await;
    fake.faults().on("GET", "/v2/").always().inject(Fault::moved("/v2/again"));
    let selector = selector(&[]);

    let found = anonymous(&fake.url()).artifact("web", "v1", &everything(&selector)).await;

    assert!(found.unwrap_err().to_string().contains("redirects"));
    assert_eq!(fake.recorder().requests().len(), 6);
}
