//! What Harbor notes of a manifest that is pushed.

use serde_json::{Value, json};

use crate::registry::{Manifest, media};

/// One row of Harbor's table of artifacts.
#[derive(Debug, Clone)]
pub(crate) struct Artifact {
    pub(crate) id: i64,
    pub(crate) digest: String,
    /// `IMAGE`, `CHART`, `CNAI`, …
    pub(crate) kind: String,
    /// The config's media type; of an index its own.
    pub(crate) media_type: String,
    pub(crate) manifest_media_type: String,
    pub(crate) artifact_type: String,
    /// Bytes: the manifest, its config and layers; of an index with all its children.
    pub(crate) size: u64,
    /// The manifests of an index: digest, platform, annotations.
    pub(crate) references: Vec<Reference>,
    /// The digest of what this belongs to, and Harbor's word for the kind of accessory.
    pub(crate) subject: Option<(String, &'static str)>,
    pub(crate) extra_attrs: Value,
    pub(crate) annotations: Value,
    /// The scanner reads image layers only.
    pub(crate) scannable: bool,
}

#[derive(Debug, Clone)]
pub(crate) struct Reference {
    pub(crate) digest: String,
    pub(crate) platform: Value,
    pub(crate) annotations: Value,
}

/// Reads a manifest as Harbor does when it is pushed; `config` is the config blob, where it is known. The sizes of an
/// index's children are added by the caller, who knows them.
pub(crate) fn abstracted(id: i64, digest: &str, manifest: &Manifest, config: Option<&Value>) -> Artifact {
    let parsed: Value = serde_json::from_slice(&manifest.bytes).unwrap_or_default();
    let is_index = parsed["manifests"].is_array();
    let media_type = match is_index {
        true => manifest.media_type.clone(),
        false => text(&parsed["config"]["mediaType"]),
    };
    let layers = || parsed["layers"].as_array().into_iter().flatten();
    let blobs = layers().chain(std::iter::once(&parsed["config"]));
    let blobs: u64 = blobs.filter_map(|blob| blob["size"].as_u64()).sum();
    let attested = layers().any(|layer| layer["mediaType"] == media::IN_TOTO);
    let kind = if is_index { "IMAGE".to_owned() } else { kind(&media_type) };
    let artifact_type = match parsed["artifactType"].as_str() {
        Some(named) => named.to_owned(),
        None => media_type.clone(),
    };
    let subject = parsed["subject"]["digest"].as_str();
    Artifact {
        id,
        digest: digest.to_owned(),
        scannable: kind == "IMAGE" && !is_index && !attested,
        kind,
        manifest_media_type: manifest.media_type.clone(),
        size: manifest.bytes.len() as u64 + blobs,
        references: parsed["manifests"].as_array().into_iter().flatten().map(reference).collect(),
        subject: subject.map(|digest| (digest.to_owned(), accessory(&artifact_type))),
        extra_attrs: config.map(attrs).unwrap_or(Value::Null),
        annotations: parsed["annotations"].clone(),
        artifact_type,
        media_type,
    }
}

/// Harbor's processors know images, charts and models by the config's media type, and guess at the rest.
fn kind(media_type: &str) -> String {
    match media_type {
        media::OCI_CONFIG | media::DOCKER_CONFIG => "IMAGE".to_owned(),
        media::HELM_CONFIG => "CHART".to_owned(),
        model if model.starts_with("application/vnd.cncf.model.config.") => "CNAI".to_owned(),
        other => guessed(other).unwrap_or_else(|| "UNKNOWN".to_owned()),
    }
}

/// The word in `application/vnd.<vendor>.<word>.config.<version>+json`.
fn guessed(media_type: &str) -> Option<String> {
    let (_, rest) = media_type.strip_prefix("application/vnd.")?.split_once('.')?;
    let (word, version) = rest.rsplit_once(".config.")?;
    version.ends_with("+json").then(|| word.to_uppercase())
}

/// What a manifest with a subject is to it (`middleware/subject` of Harbor 2.16). A sigstore bundle counts as a
/// signature, also where it is an attestation.
fn accessory(artifact_type: &str) -> &'static str {
    match artifact_type {
        media::COSIGN_ARTIFACT | "application/vnd.dev.sigstore.bundle.v0.3+json" => "signature.cosign",
        "application/vnd.cncf.notary.signature" => "signature.notation",
        "application/vnd.goharbor.harbor.sbom.v1" => "sbom.harbor",
        _ => "subject.accessory",
    }
}

fn reference(entry: &Value) -> Reference {
    Reference {
        digest: text(&entry["digest"]),
        platform: entry["platform"].clone(),
        annotations: entry["annotations"].clone(),
    }
}

fn attrs(config: &Value) -> Value {
    json!({
        "architecture": text(&config["architecture"]), "os": text(&config["os"]), "author": "",
        "created": "2026-08-21T08:00:00Z", "config": config["config"],
    })
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
