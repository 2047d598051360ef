//! Signatures, by the accessories that Harbor files.

use forewarm_domain::filter::Filter;
use forewarm_domain::signature::{Scheme, Signature};
use forewarm_fake::harbor::{Harbor, Knobs};
use forewarm_fake::registry::ArtifactSpec;

use super::lab::{REPOSITORY, as_admin, asked, found, harbor, only};

const BUNDLE: &str = "application/vnd.dev.sigstore.bundle.v0.3+json";
const SIGNED: Filter = Filter::Signature { signed: true };

fn own(scheme: Scheme) -> Signature {
    Signature { scheme, of_index: false }
}

/// A sigstore bundle with this predicate beside an image.
fn bundle(harbor: &Harbor, digest: &str, predicate: &str) {
    let mut spec = ArtifactSpec::of_type(BUNDLE, predicate.as_bytes()).subject(digest);
    spec.annotations.insert("dev.sigstore.bundle.predicateType".to_owned(), predicate.to_owned());
    harbor.push_artifact(REPOSITORY, None, spec);
}

#[tokio::test]
async fn the_list_tells_of_no_signature_and_of_notation() {
    let harbor = harbor().await;
    let images = harbor.holds(&["team/app:plain", "team/app:signed"]);
    harbor.accessory(REPOSITORY, &images[1].digest, "signature.notation");
    harbor.accessory(REPOSITORY, &images[0].digest, "sbom.harbor");
    let found = found(&harbor, &[SIGNED]).await;
    assert_eq!(found.artifacts[0].signatures, Some(vec![]));
    assert_eq!(found.artifacts[1].signatures, Some(vec![own(Scheme::Notation)]));
    assert_eq!(harbor.recorder().requests().len(), 1);
    assert_eq!(only_unasked(&harbor).await, None);
}

async fn only_unasked(harbor: &Harbor) -> Option<Vec<Signature>> {
    found(harbor, &[]).await.artifacts.remove(1).signatures
}

#[tokio::test]
async fn cosigns_signatures_are_looked_at_more_closely() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    harbor.accessory(REPOSITORY, &image.digest, "signature.cosign");
    harbor.registry().sign_by_referrer(REPOSITORY, &image.digest);
    let artifact = only(&harbor, &[SIGNED]).await;
    assert_eq!(artifact.signatures, None, "the list alone does not tell");
    let mut found = as_admin(&harbor).signatures(&artifact).await.unwrap();
    found.sort_by_key(|signature| signature.scheme.to_string());
    assert_eq!(found, [own(Scheme::Cosign), own(Scheme::CosignReferrer)]);
}

#[tokio::test]
async fn an_attestation_is_no_signature_though_harbor_files_it_as_one() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    bundle(&harbor, &image.digest, "https://slsa.dev/provenance/v1");
    let artifact = only(&harbor, &[SIGNED]).await;
    assert_eq!(artifact.signatures, None);
    let client = as_admin(&harbor);
    assert_eq!(client.signatures(&artifact).await.unwrap(), []);
    bundle(&harbor, &image.digest, "https://sigstore.dev/cosign/sign/v1");
    assert_eq!(client.signatures(&artifact).await.unwrap(), [own(Scheme::SigstoreBundle)]);
}

#[tokio::test]
async fn a_bundle_without_annotations_is_opened() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1", "team/app:v2"]);
    harbor.project("team").set("enable_content_trust_cosign", "true");
    for (image, content) in
        image.iter().zip([r#"{"messageSignature":{}}"#, r#"{"dsseEnvelope":{"payload":""}}"#])
    {
        let spec = ArtifactSpec::of_type(BUNDLE, content.as_bytes()).subject(&image.digest);
        harbor.push_artifact(REPOSITORY, None, spec);
    }
    let client = as_admin(&harbor);
    let artifacts = found(&harbor, &[SIGNED]).await.artifacts;
    assert_eq!(client.signatures(&artifacts[0]).await.unwrap(), [own(Scheme::SigstoreBundle)]);
    assert_eq!(client.signatures(&artifacts[1]).await.unwrap(), []);
}

#[tokio::test]
async fn a_signature_of_an_index_covers_a_tagged_child() {
    let harbor = harbor().await;
    let index = harbor.push_index(REPOSITORY, "v1", &["linux/amd64"], false);
    harbor.tag(REPOSITORY, &index.children[0].digest, "v1-amd64");
    harbor.accessory(REPOSITORY, &index.digest, "signature.notation");
    let found = found(&harbor, &[SIGNED]).await.artifacts;
    let of = |tag: &str| found.iter().find(|artifact| artifact.tags == [tag]).unwrap().clone();
    assert_eq!(of("v1").signatures, Some(vec![own(Scheme::Notation)]));
    let inherited = Signature { scheme: Scheme::Notation, of_index: true };
    assert_eq!(of("v1-amd64").signatures, Some(vec![inherited.clone()]));
    assert_eq!(as_admin(&harbor).signatures(&of("v1-amd64")).await.unwrap(), [inherited]);
}

#[tokio::test]
async fn a_harbor_that_tells_of_no_inheritance_is_taken_at_its_word() {
    let knobs = Knobs { inherited_accessories: false, ..Knobs::default() };
    let harbor = Harbor::start_with(knobs).await.unwrap();
    let index = harbor.push_index(REPOSITORY, "v1", &["linux/amd64"], false);
    harbor.tag(REPOSITORY, &index.children[0].digest, "v1-amd64");
    harbor.accessory(REPOSITORY, &index.digest, "signature.cosign");
    let child = found(&harbor, &[SIGNED]).await.artifacts;
    let child = child.iter().find(|artifact| artifact.tags == ["v1-amd64"]).unwrap();
    assert_eq!(child.signatures, Some(vec![]));
}

#[tokio::test]
async fn accessories_are_asked_for_only_when_signatures_matter() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    for (filters, expected) in [(vec![], None), (vec![SIGNED], Some("true"))] {
        harbor.recorder().clear();
        found(&harbor, &filters).await;
        assert_eq!(harbor.recorder().requests()[0].parameter("with_accessory"), expected);
    }
    assert_eq!(asked(&harbor, "/accessories"), 0);
}
