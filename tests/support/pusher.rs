//! Fills a real registry through its upload API.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use forewarm_fake::{deterministic_bytes, sha256_digest};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::client::client;
use super::docker_registry::{DockerRegistry, Door, PASSWORD, USERNAME};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// What was pushed.
#[derive(Debug, Clone)]
pub struct PushedImage {
    pub digest: String,
    /// Digests of config and layers; of an index: those of all its images.
    pub blobs: Vec<String>,
    /// The digests of an index's images.
    pub children: Vec<String>,
}

impl DockerRegistry {
    /// A small linux/amd64 image with a config, two layers and the label `team=shop`; its bytes depend on the name.
    pub async fn push_image(&self, repository: &str, tag: &str) -> PushedImage {
        self.push_image_of(repository, tag, "linux/amd64", &[2_000, 3_000]).await
    }

    /// An image with layers of these sizes.
    pub async fn push_image_of(
        &self,
        repository: &str,
        tag: &str,
        platform: &str,
        layers: &[usize],
    ) -> PushedImage {
        let image = self.push_untagged(repository, &format!("{repository}:{tag}"), platform, layers).await;
        let (digest, blobs, manifest) = image;
        self.put_manifest(repository, tag, MANIFEST, &manifest).await;
        PushedImage { digest, blobs, children: vec![] }
    }

    /// An index of one small image per platform.
    pub async fn push_index(&self, repository: &str, tag: &str, platforms: &[&str]) -> PushedImage {
        let (mut entries, mut blobs, mut children) = (vec![], vec![], vec![]);
        for platform in platforms {
            let seed = format!("{repository}:{tag}");
            let (digest, parts, manifest) = self.push_untagged(repository, &seed, platform, &[1_500]).await;
            self.put_manifest(repository, &digest, MANIFEST, &manifest).await;
            let mut entry = descriptor(MANIFEST, &digest, manifest.to_string().len());
            entry["platform"] = platform_object(platform);
            entries.push(entry);
            blobs.extend(parts);
            children.push(digest);
        }
        let index = json!({"schemaVersion": 2, "mediaType": INDEX, "manifests": entries});
        self.put_manifest(repository, tag, INDEX, &index).await;
        let digest = sha256_digest(index.to_string().as_bytes());
        PushedImage { digest, blobs, children }
    }

    /// Uploads the parts of an image and answers its digest, its blobs and its manifest.
    async fn push_untagged(
        &self,
        repository: &str,
        seed: &str,
        platform: &str,
        layers: &[usize],
    ) -> (String, Vec<String>, Value) {
        let mut config = platform_object(platform);
        config["config"] = json!({"Labels": {"team": "shop"}});
        config["rootfs"] = json!({"type": "layers", "diff_ids": []});
        config["created_by"] = json!(seed);
        let config = self.put_blob(repository, CONFIG, config.to_string().into_bytes()).await;
        let mut parts = vec![];
        for (number, size) in layers.iter().enumerate() {
            let bytes = deterministic_bytes(&format!("{seed}/{platform}/{number}"), *size);
            parts.push(self.put_blob(repository, LAYER, bytes).await);
        }
        let all = std::iter::once(&config).chain(&parts);
        let blobs = all.map(|part| part["digest"].as_str().unwrap().to_owned()).collect();
        let manifest = json!({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": parts});
        (sha256_digest(manifest.to_string().as_bytes()), blobs, manifest)
    }

    async fn put_blob(&self, repository: &str, media_type: &str, bytes: Vec<u8>) -> Value {
        let descriptor = descriptor(media_type, &sha256_digest(&bytes), bytes.len());
        let start = client().post(format!("{}/v2/{repository}/blobs/uploads/", self.url()));
        let started = self.admitted(start, repository).send().await.unwrap();
        assert_eq!(started.status(), StatusCode::ACCEPTED);
        let place = started.headers()["location"].to_str().unwrap();
        let mut place = url::Url::parse(&self.url()).unwrap().join(place).unwrap();
        place.query_pairs_mut().append_pair("digest", descriptor["digest"].as_str().unwrap());
        let end = client().put(place).header("content-type", "application/octet-stream").body(bytes);
        let ended = self.admitted(end, repository).send().await.unwrap();
        assert_eq!(ended.status(), StatusCode::CREATED);
        descriptor
    }

    async fn put_manifest(&self, repository: &str, reference: &str, media_type: &str, manifest: &Value) {
        let put = client()
            .put(format!("{}/v2/{repository}/manifests/{reference}", self.url()))
            .header("content-type", media_type)
            .body(manifest.to_string());
        let done = self.admitted(put, repository).send().await.unwrap();
        assert_eq!(done.status(), StatusCode::CREATED);
    }

    fn admitted(&self, request: RequestBuilder, repository: &str) -> RequestBuilder {
        match &self.door {
            Door::Open => request,
            Door::Basic => {
                let pair = STANDARD.encode(format!("{USERNAME}:{PASSWORD}"));
                request.header("authorization", format!("Basic {pair}"))
            }
            Door::Token(server) => {
                request.bearer_auth(server.token(&format!("repository:{repository}:pull,push")))
            }
        }
    }
}

fn descriptor(media_type: &str, digest: &str, size: usize) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}

fn platform_object(platform: &str) -> Value {
    let (os, architecture) = platform.split_once('/').unwrap();
    json!({"os": os, "architecture": architecture})
}
