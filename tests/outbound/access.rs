//! Where registries lead: redirects and token servers.

use forewarm_domain::auth::Auth;
use forewarm_domain::digest::Digest;
use forewarm_fake::registry::Registry as Fake;
use forewarm_fake::{Answer, Fault, sha256_digest};
use forewarm_http::distribution::{JSON, Session};
use forewarm_http::{ErrorKind, HttpError, Rules};

use super::script::{Listener, Script};
use crate::support::oci::basic;
use crate::support::outbound::outbound;

const METADATA: &str = "http://169.254.169.254/latest/meta-data/iam/";

fn session(fake: &Fake, auth: Auth) -> Session {
    Session::new(fake.url().parse().unwrap(), auth, false, &outbound())
}

async fn redirected(fake: &Fake, target: &str) -> HttpError {
    fake.faults().on("GET", "/v2/").always().inject(Fault::moved(target));
    let blob = Digest::parse(&sha256_digest(b"blob")).unwrap();
    let list = session(fake, Auth::None).get("shop/web/tags/list", JSON, "").await.unwrap_err();
    let blob = session(fake, Auth::None).get_blob("shop/web", &blob).await.unwrap_err();
    assert_eq!(list, blob);
    blob
}

#[tokio::test]
async fn a_redirect_to_a_refused_address_is_not_followed() {
    for target in [METADATA, "http://[::ffff:169.254.169.254]/", "http://0xa9fea9fe/", "//metadata.goog/"] {
        let fake = Fake::start().await.unwrap();

        let error = redirected(&fake, target).await;

        assert_eq!(error.kind, ErrorKind::ForbiddenAddress, "{error}");
        let begin = format!("{}: its redirect is not followed: http://", fake.url());
        assert!(error.message.starts_with(&begin), "{error}");
        assert!(error.message.contains("a cloud metadata address"), "{error}");
        assert_eq!(fake.recorder().requests().len(), 2, "{target}");
    }
}

#[tokio::test]
async fn a_redirect_of_a_redirect_is_judged_too() {
    let fake = Fake::start().await.unwrap();
    fake.faults().on("GET", "/v2/first").inject(Fault::moved("/v2/second"));
    fake.faults().on("GET", "/v2/second").inject(Fault::moved(METADATA));

    let error = session(&fake, Auth::None).get("first", JSON, "").await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::ForbiddenAddress, "{error}");
}

#[tokio::test]
async fn a_redirect_to_a_name_that_leads_to_a_refused_address_is_not_followed() {
    let fake = Fake::start().await.unwrap();
    let listener = Listener::at("127.0.0.2:0").await;
    fake.faults().on("GET", "/v2/").inject(Fault::moved(&format!("http://cdn.test:{}/", listener.port)));
    let base = fake.url().replace("127.0.0.1", "registry.test");

    let error = by_name(&base, "127.0.0.2").get("x", JSON, "").await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::ForbiddenAddress, "{error}");
    assert!(error.message.starts_with(&format!("{base}: its redirect is not followed")), "{error}");
    assert!(error.message.contains("cdn.test leads to 127.0.0.2"), "{error}");
    assert_eq!((fake.recorder().requests().len(), listener.connections()), (1, 0));
}

/// A session with a registry that has a name; whatever it leads to next has an address that is denied.
fn by_name(base: &str, denied: &str) -> Session {
    let script = Script::of(&[&["127.0.0.1"], &[denied]]);
    let outbound = script.outbound(Rules::new(true, vec![], vec![denied.parse().unwrap()]));
    Session::new(base.parse().unwrap(), Auth::None, false, &outbound)
}

#[tokio::test]
async fn a_token_server_at_a_refused_address_is_not_asked() {
    let fake = Fake::start().await.unwrap();
    let challenge = "Bearer realm=\"https://169.254.169.254/token\",service=\"x\"";
    let answer = Answer::new(401).header("www-authenticate", challenge);
    fake.faults().on("GET", "/v2/").always().inject(Fault::Answer(answer));

    let anonymous = session(&fake, Auth::None).get("shop/web/tags/list", JSON, "").await.unwrap_err();
    let named = session(&fake, basic("ann", "secret")).probe().await.unwrap_err();

    assert_eq!(anonymous.kind, ErrorKind::ForbiddenAddress, "{anonymous}");
    let why = "no token: https://169.254.169.254: not connected: 169.254.169.254 is a cloud metadata address";
    assert!(anonymous.message.starts_with(&format!("{}: {why}", fake.url())), "{anonymous}");
    // With credentials it is refused before, since it is on another site.
    assert!(named.message.contains("on another site"), "{named}");
}

#[tokio::test]
async fn a_token_server_whose_name_leads_to_a_refused_address_is_not_asked() {
    let fake = Fake::start().await.unwrap();
    let listener = Listener::at("127.0.0.2:0").await;
    let realm = format!("Bearer realm=\"https://auth.test:{}/token\"", listener.port);
    let answer = Answer::new(401).header("www-authenticate", realm);
    fake.faults().on("GET", "/v2/").always().inject(Fault::Answer(answer));
    let session = by_name(&fake.url().replace("127.0.0.1", "registry.test"), "127.0.0.2");

    let error = session.get("shop/web/tags/list", JSON, "").await.unwrap_err();

    assert_eq!(error.kind, ErrorKind::ForbiddenAddress, "{error}");
    assert!(error.message.contains("auth.test leads to 127.0.0.2"), "{error}");
    assert_eq!(listener.connections(), 0);
}
