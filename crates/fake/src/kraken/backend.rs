//! Where a fake Kraken has its blobs from.

use serde_json::Value;

use crate::deterministic_bytes;
use crate::plain_http::{MANIFEST_TYPES, client};

/// How large a blob is that nobody knows.
const SIZE: u64 = 1_024;

#[derive(Debug, Clone)]
pub enum Backend {
    /// It has every blob and every tag.
    Everything,
    /// It has the blobs of these digests alone, and every tag.
    Only(Vec<String>),
    /// The registry at this URL (Kraken's `registry_blob` and `registry_tag`), without authentication.
    Registry(String),
}

impl Backend {
    /// The size of a blob, or `None` when there is none.
    pub(crate) async fn size(&self, namespace: &str, digest: &str) -> Option<u64> {
        match self {
            Self::Everything => Some(SIZE),
            Self::Only(digests) => digests.iter().any(|known| known == digest).then_some(SIZE),
            Self::Registry(url) => {
                let blob = size_at(&format!("{url}/v2/{namespace}/blobs/{digest}")).await;
                match blob {
                    Some(size) => Some(size),
                    // Manifests are blobs to Kraken.
                    None => size_at(&format!("{url}/v2/{namespace}/manifests/{digest}")).await,
                }
            }
        }
    }

    pub(crate) async fn bytes(&self, namespace: &str, digest: &str) -> Option<Vec<u8>> {
        match self {
            Self::Registry(url) => {
                let response =
                    client().get(format!("{url}/v2/{namespace}/blobs/{digest}")).send().await.ok()?;
                let found = response.status().is_success();
                if found { response.bytes().await.ok().map(Into::into) } else { None }
            }
            _ => {
                let size = self.size(namespace, digest).await?;
                Some(deterministic_bytes(digest, usize::try_from(size).unwrap_or_default()))
            }
        }
    }

    /// What a manifest refers to: config and layers, or the manifests of an index. Unknown without a registry.
    pub(crate) async fn references(&self, repository: &str, digest: &str) -> Vec<String> {
        let Self::Registry(url) = self else {
            return Vec::new();
        };
        let request = client().get(format!("{url}/v2/{repository}/manifests/{digest}"));
        let Ok(response) = request.header("accept", MANIFEST_TYPES).send().await else {
            return Vec::new();
        };
        let manifest: Value = response.json().await.unwrap_or_default();
        let lists = ["layers", "manifests"].map(|key| manifest[key].as_array().cloned().unwrap_or_default());
        let all = lists.into_iter().flatten().chain([manifest["config"].clone()]);
        all.filter_map(|blob| blob["digest"].as_str().map(str::to_owned)).collect()
    }

    /// The digest behind a tag, as build-index resolves it.
    pub(crate) async fn has_tag(&self, repository: &str, tag: &str) -> bool {
        match self {
            Self::Registry(url) => size_at(&format!("{url}/v2/{repository}/manifests/{tag}")).await.is_some(),
            Self::Everything | Self::Only(_) => true,
        }
    }
}

async fn size_at(url: &str) -> Option<u64> {
    let response = client().head(url).header("accept", MANIFEST_TYPES).send().await.ok()?;
    let length = response.headers().get("content-length").and_then(|value| value.to_str().ok()?.parse().ok());
    response.status().is_success().then(|| length.unwrap_or(SIZE))
}
