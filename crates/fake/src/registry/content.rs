//! What a fake registry holds.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::{Value, json};

use crate::sha256_digest;

/// A manifest as stored.
#[derive(Debug, Clone)]
pub struct Manifest {
    pub media_type: String,
    pub bytes: Arc<Vec<u8>>,
}

/// What a push made.
#[derive(Debug, Clone)]
pub struct Pushed {
    pub repository: String,
    pub tag: Option<String>,
    pub digest: String,
    pub media_type: String,
    /// The manifest's own size.
    pub size: usize,
    /// The digests of config and layers; none for an index.
    pub blobs: Vec<String>,
    /// `os/architecture[/variant]` of an image.
    pub platform: Option<String>,
    /// The manifests of an index, attestations included.
    pub children: Vec<Pushed>,
}

impl Pushed {
    /// The child for this platform.
    pub fn child(&self, platform: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.platform.as_deref() == Some(platform))
    }
}

#[derive(Debug, Default)]
pub(crate) struct Content {
    pub(crate) repositories: BTreeMap<String, Repository>,
    blobs: HashMap<String, Arc<Vec<u8>>>,
}

#[derive(Debug, Default)]
pub(crate) struct Repository {
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) manifests: BTreeMap<String, Manifest>,
    blobs: BTreeSet<String>,
}

impl Content {
    /// Stores a blob and answers its descriptor.
    pub(crate) fn put_blob(&mut self, repository: &str, media_type: &str, bytes: Vec<u8>) -> Value {
        let digest = sha256_digest(&bytes);
        let descriptor = json!({"mediaType": media_type, "digest": digest, "size": bytes.len()});
        self.repository(repository).blobs.insert(digest.clone());
        self.blobs.insert(digest, Arc::new(bytes));
        descriptor
    }

    /// Stores a manifest and answers its digest and size.
    pub(crate) fn put_manifest(
        &mut self,
        repository: &str,
        tag: Option<&str>,
        media_type: &str,
        manifest: &Value,
    ) -> (String, usize) {
        let bytes = serde_json::to_vec_pretty(manifest).unwrap_or_default();
        let (digest, size) = (sha256_digest(&bytes), bytes.len());
        let stored = Manifest { media_type: media_type.to_owned(), bytes: Arc::new(bytes) };
        let repository = self.repository(repository);
        repository.manifests.insert(digest.clone(), stored);
        if let Some(tag) = tag {
            repository.tags.insert(tag.to_owned(), digest.clone());
        }
        (digest, size)
    }

    pub(crate) fn blob(&self, repository: &str, digest: &str) -> Option<Arc<Vec<u8>>> {
        let known = self.repositories.get(repository)?.blobs.contains(digest);
        known.then(|| self.blobs.get(digest).cloned()).flatten()
    }

    /// A blob of any repository.
    pub(crate) fn any_blob(&self, digest: &str) -> Option<Arc<Vec<u8>>> {
        self.blobs.get(digest).cloned()
    }

    /// The digest and the manifest of a tag or digest.
    pub(crate) fn manifest(&self, repository: &str, reference: &str) -> Option<(String, Manifest)> {
        let repository = self.repositories.get(repository)?;
        let digest = repository.tags.get(reference).map_or(reference, String::as_str);
        let manifest = repository.manifests.get(digest)?;
        Some((digest.to_owned(), manifest.clone()))
    }

    fn repository(&mut self, name: &str) -> &mut Repository {
        self.repositories.entry(name.to_owned()).or_default()
    }
}
