//! Signatures: every way in which they lie beside an artifact, and what is none.

use forewarm_domain::digest::Digest;
use forewarm_domain::signature::Scheme;
use forewarm_fake::registry::{ArtifactSpec, Knobs, Pushed, Registry as Fake};
use serde_json::json;

use crate::support::oci::{anonymous, everything, selector};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const NOTATION: &str = "application/vnd.cncf.notary.signature";

/// The schemes by which the image `shop/web:v1` is signed.
async fn schemes(fake: &Fake) -> Vec<Scheme> {
    let client = anonymous(&fake.url());
    let selector = selector(&[]);
    let artifact = client.artifact("shop/web", "v1", &everything(&selector)).await.unwrap();
    let found = client.signatures(&artifact).await.unwrap();
    found.into_iter().map(|signature| signature.scheme).collect()
}

async fn image(knobs: Knobs) -> (Fake, Pushed) {
    let fake = Fake::start_with(knobs).await.unwrap();
    let pushed = fake.holds(&["shop/web:v1"]).remove(0);
    (fake, pushed)
}

/// A bundle whose envelope states this.
fn envelope(predicate: &str) -> Vec<u8> {
    use base64::Engine as _;
    let statement = json!({ "_type": "https://in-toto.io/Statement/v1", "predicateType": predicate });
    let payload = base64::engine::general_purpose::STANDARD.encode(statement.to_string());
    json!({ "dsseEnvelope": { "payload": payload, "payloadType": "application/vnd.in-toto+json" } })
        .to_string()
        .into_bytes()
}

#[tokio::test]
async fn an_image_without_anything_beside_it_has_no_signature() {
    let (fake, _) = image(Knobs::default()).await;
    assert_eq!(schemes(&fake).await, []);
}

#[tokio::test]
async fn each_scheme_is_recognised() {
    let (fake, pushed) = image(Knobs::default()).await;
    fake.sign_by_tag("shop/web", &pushed.digest);
    fake.sign_by_referrer("shop/web", &pushed.digest);
    let notation = ArtifactSpec::of_type(NOTATION, b"{}").subject(&pushed.digest);
    fake.push_artifact("shop/web", None, notation);

    let mut found: Vec<String> = schemes(&fake).await.iter().map(ToString::to_string).collect();
    found.sort();
    assert_eq!(found, ["cosign (referrer)", "cosign (tag)", "notation"]);
}

#[tokio::test]
async fn a_bundle_is_a_signature_only_if_its_content_says_so() {
    let attestation = envelope("https://slsa.dev/provenance/v1");
    let signature = envelope("https://sigstore.dev/cosign/sign/v1");
    let message = json!({ "messageSignature": { "signature": "x" } }).to_string().into_bytes();
    for (content, signs) in [(attestation, false), (signature, true), (message, true), (b"?".to_vec(), false)]
    {
        let (fake, pushed) = image(Knobs::default()).await;
        let bundle = ArtifactSpec::of_type(BUNDLE, &content).subject(&pushed.digest);
        fake.push_artifact("shop/web", None, bundle);

        let expected: &[Scheme] = if signs { &[Scheme::SigstoreBundle] } else { &[] };
        assert_eq!(schemes(&fake).await, expected, "{}", String::from_utf8_lossy(&content));
    }
}

#[tokio::test]
async fn the_annotation_of_a_bundle_saves_the_look_into_it() {
    let (fake, pushed) = image(Knobs::default()).await;
    let mut bundle = ArtifactSpec::of_type(BUNDLE, b"never read").subject(&pushed.digest);
    bundle.annotations.insert(
        "dev.sigstore.bundle.predicateType".to_owned(),
        "https://sigstore.dev/cosign/sign/v1".to_owned(),
    );
    let bundle = fake.push_artifact("shop/web", None, bundle);

    assert_eq!(schemes(&fake).await, [Scheme::SigstoreBundle]);
    let path = format!("/v2/shop/web/manifests/{}", bundle.digest);
    assert_eq!(fake.recorder().count("GET", &path), 0);
}

#[tokio::test]
async fn attestations_and_sboms_sign_nothing() {
    let (fake, pushed) = image(Knobs::default()).await;
    for kind in ["application/vnd.in-toto+json", "application/spdx+json"] {
        fake.push_artifact("shop/web", None, ArtifactSpec::of_type(kind, b"{}").subject(&pushed.digest));
    }
    let hex = pushed.digest.replace(':', "-");
    fake.push_artifact("shop/web", Some(&format!("{hex}.att")), ArtifactSpec::cosign(&pushed.digest));
    assert_eq!(schemes(&fake).await, []);
}

#[tokio::test]
async fn a_tag_that_looks_like_a_signature_must_hold_one() {
    let (fake, pushed) = image(Knobs::default()).await;
    let tag = format!("{}.sig", pushed.digest.replace(':', "-"));
    fake.push_artifact("shop/web", Some(&tag), ArtifactSpec::helm("no signature"));
    assert_eq!(schemes(&fake).await, []);
}

#[tokio::test]
async fn without_the_referrers_api_classic_signatures_are_found_all_the_same() {
    let (fake, pushed) = image(Knobs { referrers: false, ..Knobs::default() }).await;
    assert_eq!(schemes(&fake).await, []);
    fake.sign_by_tag("shop/web", &pushed.digest);
    assert_eq!(schemes(&fake).await, [Scheme::CosignTag]);
}

#[tokio::test]
async fn without_the_referrers_api_the_tag_that_stands_in_for_it_is_read() {
    let (fake, pushed) = image(Knobs { referrers: false, ..Knobs::default() }).await;
    let notation = ArtifactSpec::of_type(NOTATION, b"{}").subject(&pushed.digest);
    fake.push_artifact("shop/web", None, notation);
    assert_eq!(schemes(&fake).await, []);
    fake.push_referrers_tag("shop/web", &pushed.digest);
    assert_eq!(schemes(&fake).await, [Scheme::Notation]);
}

#[tokio::test]
async fn what_is_attached_names_its_subject_and_whether_it_signs() {
    let (fake, pushed) = image(Knobs::default()).await;
    let client = anonymous(&fake.url());
    let digest = |pushed: &Pushed| Digest::parse(&pushed.digest).unwrap();
    assert_eq!(client.attached("shop/web", &digest(&pushed)).await.unwrap(), None);

    let signature = fake.sign_by_referrer("shop/web", &pushed.digest);
    let found = client.attached("shop/web", &digest(&signature)).await.unwrap().unwrap();
    assert_eq!((found.subject, found.is_signature), (digest(&pushed), true));

    let sbom = ArtifactSpec::of_type("application/spdx+json", b"{}").subject(&pushed.digest);
    let sbom = fake.push_artifact("shop/web", None, sbom);
    let found = client.attached("shop/web", &digest(&sbom)).await.unwrap().unwrap();
    assert!(!found.is_signature, "{found:?}");
    assert_eq!(found.what, "application/spdx+json");
}

#[tokio::test]
async fn the_tags_of_a_digest_are_those_that_name_it_now() {
    let (fake, pushed) = image(Knobs::default()).await;
    fake.tag("shop/web", "v1", "latest");
    fake.holds(&["shop/web:v2"]);
    fake.sign_by_tag("shop/web", &pushed.digest);
    let client = anonymous(&fake.url());
    let digest = Digest::parse(&pushed.digest).unwrap();

    let mut all = client.tags_of("shop/web", &digest, &[]).await.unwrap();
    all.sort();
    assert_eq!(all, ["latest", "v1"]);
    let some = client.tags_of("shop/web", &digest, &["v1".to_owned(), "v2".to_owned()]).await.unwrap();
    assert_eq!(some, ["v1"]);
    assert!(client.tags_of("shop/web", &digest, &["gone".to_owned()]).await.unwrap().is_empty());
}
