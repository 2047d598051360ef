//! An artifact as Harbor describes it (`Artifact` of API v2.0).

use std::collections::BTreeMap;

use forewarm_domain::digest::Digest;
use forewarm_domain::platform::Platform;
use serde::Deserialize;
use serde_json::Value;

use super::pages::Entry;
use crate::oci::config::platform;

/// The fields that matter. What there is none of is `null` or absent.
#[derive(Debug, Deserialize)]
pub(super) struct Row {
    pub(super) digest: String,
    /// `IMAGE`, `CNAI`, `CHART`, …; an index of images is an `IMAGE` too.
    #[serde(rename = "type")]
    pub(super) kind: String,
    #[serde(default)]
    pub(super) manifest_media_type: String,
    #[serde(default)]
    pub(super) media_type: String,
    #[serde(default)]
    pub(super) artifact_type: String,
    /// Bytes, the manifest's own among them.
    pub(super) size: Option<u64>,
    tags: Option<Vec<Named>>,
    labels: Option<Vec<Named>>,
    accessories: Option<Vec<Accessory>>,
    inherited_accessories: Option<Vec<Accessory>>,
    references: Option<Vec<Reference>>,
    scan_overview: Option<BTreeMap<String, Overview>>,
    extra_attrs: Option<Value>,
    annotations: Option<BTreeMap<String, Value>>,
}

/// A tag or a label.
#[derive(Debug, Deserialize)]
pub(super) struct Named {
    pub(super) name: String,
}

/// Something that belongs to an artifact.
#[derive(Debug, Deserialize)]
pub(super) struct Accessory {
    pub(super) digest: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
}

/// A manifest of an index.
#[derive(Debug, Deserialize)]
pub(super) struct Reference {
    pub(super) child_digest: String,
    platform: Option<Value>,
    annotations: Option<BTreeMap<String, Value>>,
}

/// What is told of a scan beside the artifact.
#[derive(Debug, Deserialize)]
pub(super) struct Overview {
    #[serde(default)]
    pub(super) scan_status: String,
    #[serde(default)]
    pub(super) severity: String,
}

impl Entry for Row {
    fn key(&self) -> &str {
        &self.digest
    }
}

impl Entry for Named {
    fn key(&self) -> &str {
        &self.name
    }
}

impl Row {
    pub(super) fn digest(&self) -> Option<Digest> {
        Digest::parse(&self.digest).ok()
    }

    /// Whether it can be preheated: images, indexes of them, and models, which Harbor preheats too.
    pub(super) fn is_image(&self) -> bool {
        matches!(self.kind.as_str(), "IMAGE" | "CNAI")
    }

    pub(super) fn tags(&self) -> Vec<String> {
        names(self.tags.as_ref())
    }

    pub(super) fn labels(&self) -> Vec<String> {
        names(self.labels.as_ref())
    }

    pub(super) fn accessories(&self) -> &[Accessory] {
        self.accessories.as_deref().unwrap_or_default()
    }

    /// The signatures of indexes that list it, in versions that tell.
    pub(super) fn inherited(&self) -> &[Accessory] {
        self.inherited_accessories.as_deref().unwrap_or_default()
    }

    pub(super) fn references(&self) -> &[Reference] {
        self.references.as_deref().unwrap_or_default()
    }

    /// The overview of the newest form of report.
    pub(super) fn overview(&self) -> Option<&Overview> {
        newest(self.scan_overview.as_ref()?)
    }

    /// As its config has it, but for the variant, which Harbor does not keep.
    pub(super) fn platform(&self) -> Option<Platform> {
        let attrs = self.extra_attrs.as_ref()?;
        platform(attrs["os"].as_str()?, attrs["architecture"].as_str()?, None)
    }

    pub(super) fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.as_ref()?.get(name)?.as_str()
    }
}

impl Reference {
    pub(super) fn platform(&self) -> Option<Platform> {
        let own = self.platform.as_ref()?;
        platform(own["os"].as_str()?, own["architecture"].as_str()?, own["variant"].as_str())
    }

    /// BuildKit lists attestations beside the images.
    pub(super) fn is_image(&self) -> bool {
        let marked = |all: &BTreeMap<String, Value>| all.contains_key("vnd.docker.reference.type");
        !self.annotations.as_ref().is_some_and(marked)
            && !self.platform().as_ref().is_some_and(Platform::is_unknown)
    }
}

/// The entry of the newest form of report; Harbor keys them by media type with a version.
pub(super) fn newest<T>(by_type: &BTreeMap<String, T>) -> Option<&T> {
    let generic = by_type.iter().find(|(kind, _)| kind.starts_with("application/vnd.security."));
    generic.or_else(|| by_type.iter().next()).map(|(_, entry)| entry)
}

fn names(all: Option<&Vec<Named>>) -> Vec<String> {
    all.into_iter().flatten().map(|one| one.name.clone()).collect()
}
