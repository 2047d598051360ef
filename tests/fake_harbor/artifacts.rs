//! What is shown of one artifact.

use forewarm_fake::harbor::{Harbor, Knobs};
use forewarm_fake::registry::{ArtifactSpec, ImageSpec};
use serde_json::{Value, json};

use super::reader::{LIST, each, harbor, json};

const ALL: &str = "with_tag=true&with_label=true&with_accessory=true&with_inherited_accessory=true&sort=id";

#[tokio::test]
async fn an_image_is_shown_with_its_size_tags_and_labels() {
    let harbor = harbor().await;
    let image = harbor.push_image("team/app", "v1", ImageSpec::default().layer_of("x", 5_000));
    harbor.tag("team/app", "v1", "latest");
    harbor.label("team/app", "v1", "approved");
    let shown = json(&harbor, &format!("{LIST}/{}?{ALL}", image.digest)).await;
    assert_eq!(
        (shown["type"].as_str(), shown["digest"].as_str()),
        (Some("IMAGE"), Some(image.digest.as_str()))
    );
    let config = harbor.registry().blob(&image.blobs[0]).unwrap();
    assert_eq!(shown["size"], image.size + config.len() + 5_000);
    assert_eq!(each(&shown["tags"], "name"), ["latest", "v1"]);
    assert_eq!(each(&shown["labels"], "name"), ["approved"]);
    assert_eq!(shown["extra_attrs"]["architecture"], "amd64");
    assert_eq!((&shown["references"], &shown["accessories"]), (&Value::Null, &Value::Null));
    let plain = json(&harbor, &format!("{LIST}/v1?with_tag=false")).await;
    assert_eq!((&plain["tags"], &plain["labels"]), (&Value::Null, &Value::Null));
    assert_eq!(each(&json(&harbor, &format!("{LIST}/v1/tags")).await, "name"), ["latest", "v1"]);
}

#[tokio::test]
async fn an_index_names_its_children_which_are_not_listed_themselves() {
    let harbor = harbor().await;
    let index = harbor.push_index("team/app", "v1", &["linux/amd64", "linux/arm/v7"], true);
    let list = json(&harbor, LIST).await;
    assert_eq!(each(&list, "digest"), [index.digest.as_str()]);
    let children = list[0]["references"].as_array().unwrap();
    assert_eq!(children.len(), 4, "with an attestation for each");
    assert_eq!(children[1]["platform"], json!({"os": "linux", "architecture": "arm", "variant": "v7"}));
    assert_eq!(children[2]["platform"]["os"], "unknown");
    assert_eq!(children[0]["child_digest"], index.children[0].digest);
    let child = json(&harbor, &format!("{LIST}/{}", index.children[0].digest)).await;
    assert_eq!((&child["type"], &child["tags"]), (&json!("IMAGE"), &Value::Null));
    harbor.tag("team/app", &index.children[0].digest, "amd64");
    assert_eq!(json(&harbor, LIST).await.as_array().unwrap().len(), 2, "a tagged child is");
}

#[tokio::test]
async fn what_belongs_to_an_image_is_its_accessory_and_not_listed() {
    let harbor = harbor().await;
    let image = harbor.push_image("team/app", "v1", ImageSpec::default());
    for kind in ["signature.cosign", "signature.notation", "sbom.harbor", "accelerator.nydus"] {
        harbor.accessory("team/app", &image.digest, kind);
    }
    let bundle = ArtifactSpec::of_type("application/vnd.dev.sigstore.bundle.v0.3+json", b"{}");
    harbor.push_artifact("team/app", None, bundle.subject(&image.digest));
    let list = json(&harbor, &format!("{LIST}?{ALL}")).await;
    assert_eq!(list.as_array().unwrap().len(), 1);
    let kinds = each(&list[0]["accessories"], "type");
    let expected =
        ["signature.cosign", "signature.notation", "sbom.harbor", "accelerator.nydus", "signature.cosign"];
    assert_eq!(kinds, expected, "a bundle counts as a signature");
    assert_eq!(list[0]["accessories"][0]["subject_artifact_digest"], image.digest);
    let own = json(&harbor, &format!("{LIST}/v1/accessories")).await;
    assert_eq!(own, list[0]["accessories"]);
}

#[tokio::test]
async fn the_children_of_a_signed_index_inherit_its_signature_in_versions_that_say_so() {
    for inherits in [true, false] {
        let knobs = Knobs { inherited_accessories: inherits, ..Knobs::default() };
        let harbor = Harbor::start_with(knobs).await.unwrap();
        let index = harbor.push_index("team/app", "v1", &["linux/amd64"], false);
        harbor.accessory("team/app", &index.digest, "signature.cosign");
        harbor.accessory("team/app", &index.digest, "sbom.harbor");
        let child = json(&harbor, &format!("{LIST}/{}?{ALL}", index.children[0].digest)).await;
        assert_eq!(child["accessories"], Value::Null);
        let inherited = child.get("inherited_accessories");
        assert_eq!(inherited.is_some(), inherits);
        if let Some(inherited) = inherited {
            assert_eq!(each(inherited, "type"), ["signature.cosign"]);
            assert_eq!(inherited[0]["subject_artifact_digest"], index.digest);
        }
    }
}

#[tokio::test]
async fn charts_models_and_other_things_have_types_of_their_own() {
    let harbor = harbor().await;
    harbor.push_artifact("team/app", Some("chart"), ArtifactSpec::helm("x"));
    harbor.push_artifact("team/app", Some("other"), ArtifactSpec::of_type("text/plain", b"x"));
    let model = ArtifactSpec {
        config_type: "application/vnd.cncf.model.config.v1+json".to_owned(),
        ..ArtifactSpec::helm("y")
    };
    harbor.push_artifact("team/app", Some("model"), model);
    let list = json(&harbor, &format!("{LIST}?sort=id")).await;
    assert_eq!(each(&list, "type"), ["CHART", "UNKNOWN", "CNAI"]);
}
