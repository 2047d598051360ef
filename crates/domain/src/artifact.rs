//! What a registry holds: artifacts, their manifests and blobs.

use serde::{Deserialize, Serialize};

use crate::digest::Digest;
use crate::platform::Platform;
use crate::severity::Scan;
use crate::signature::Signature;

/// One artifact of a repository: everything that shares a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Full repository name in its registry, with the namespace: `shop/cart`.
    pub repository: String,
    /// Digest of the manifest or index that the tags name.
    pub digest: Digest,
    pub media_type: String,
    pub tags: Vec<String>,
    /// Keys and `key=value` pairs of a plain OCI artifact; label names of a Harbor artifact.
    pub labels: Vec<String>,
    /// None until somebody looked them up.
    pub signatures: Option<Vec<Signature>>,
    /// None until somebody looked it up.
    pub scan: Option<Scan>,
    /// The manifests that a node could pull: one for a plain manifest, the children of an index.
    pub manifests: Vec<Manifest>,
}

/// One image manifest, the unit of a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub digest: Digest,
    pub media_type: String,
    /// None when neither an index nor the image's config tells.
    pub platform: Option<Platform>,
    /// Bytes of its config and layers; None where nobody looked.
    pub size: Option<u64>,
    /// Its config and layers; None where nobody read it.
    pub blobs: Option<Vec<Blob>>,
}

/// Something that a manifest refers to: the config or a layer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blob {
    pub digest: Digest,
    /// Bytes.
    pub size: u64,
}

/// Image manifest media types (docker schema 2 and OCI).
pub const IMAGE_MANIFESTS: [&str; 2] =
    ["application/vnd.docker.distribution.manifest.v2+json", "application/vnd.oci.image.manifest.v1+json"];

/// Media types of lists of manifests (docker manifest list and OCI index).
pub const INDEXES: [&str; 2] =
    ["application/vnd.docker.distribution.manifest.list.v2+json", "application/vnd.oci.image.index.v1+json"];
