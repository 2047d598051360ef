//! Fills a fake registry.

use serde_json::{Map, Value, json};

use super::content::{Content, Pushed};
use super::{ArtifactSpec, ImageSpec, IndexSpec, Registry, media};
use crate::{deterministic_bytes, lock};

impl Registry {
    /// One image for one platform under a tag.
    pub fn push_image(&self, repository: &str, tag: &str, spec: ImageSpec) -> Pushed {
        push_image(&mut lock(&self.state.content), repository, Some(tag), tag, spec)
    }

    /// An index of small images for these platforms, with BuildKit's attestations if wanted.
    pub fn push_index(&self, repository: &str, tag: &str, platforms: &[&str], attestation: bool) -> Pushed {
        let images = platforms.iter().copied().map(ImageSpec::of).collect();
        self.push_index_of(repository, tag, IndexSpec { images, attestation, ..IndexSpec::default() })
    }

    /// An index of these images.
    pub fn push_index_of(&self, repository: &str, tag: &str, spec: IndexSpec) -> Pushed {
        push_index(&mut lock(&self.state.content), repository, tag, spec)
    }

    /// Anything that is no image; without a tag it is found by digest and as a referrer alone.
    pub fn push_artifact(&self, repository: &str, tag: Option<&str>, spec: ArtifactSpec) -> Pushed {
        push_artifact(&mut lock(&self.state.content), repository, tag, spec)
    }

    /// Signs in cosign's classic way: under the tag `sha256-<hex>.sig`.
    pub fn sign_by_tag(&self, repository: &str, digest: &str) -> Pushed {
        let tag = format!("{}.sig", digest.replace(':', "-"));
        self.push_artifact(repository, Some(&tag), ArtifactSpec::cosign(digest))
    }

    /// Signs by a referrer.
    pub fn sign_by_referrer(&self, repository: &str, digest: &str) -> Pushed {
        self.push_artifact(repository, None, ArtifactSpec::cosign_referrer(digest))
    }

    /// Small single-platform images, from names like `shop/web:v1`.
    pub fn holds(&self, images: &[&str]) -> Vec<Pushed> {
        let push = |image: &&str| {
            let (repository, tag) = image.rsplit_once(':').unwrap_or((image, "latest"));
            self.push_image(repository, tag, ImageSpec::default())
        };
        images.iter().map(push).collect()
    }

    /// Gives one more tag to what a tag or digest names.
    pub fn tag(&self, repository: &str, reference: &str, tag: &str) {
        let mut content = lock(&self.state.content);
        if let Some((digest, _)) = content.manifest(repository, reference)
            && let Some(repository) = content.repositories.get_mut(repository)
        {
            repository.tags.insert(tag.to_owned(), digest);
        }
    }

    /// The digest that a tag or digest names.
    pub fn digest(&self, repository: &str, reference: &str) -> Option<String> {
        lock(&self.state.content).manifest(repository, reference).map(|(digest, _)| digest)
    }

    /// Removes a tag; the manifest stays.
    pub fn untag(&self, repository: &str, tag: &str) {
        if let Some(repository) = lock(&self.state.content).repositories.get_mut(repository) {
            repository.tags.remove(tag);
        }
    }

    /// The bytes of a blob.
    pub fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        lock(&self.state.content).any_blob(digest).map(|bytes| bytes.to_vec())
    }

    /// The stored manifest of a tag or digest.
    pub fn manifest(&self, repository: &str, reference: &str) -> Option<super::Manifest> {
        lock(&self.state.content).manifest(repository, reference).map(|(_, manifest)| manifest)
    }
}

fn push_image(
    content: &mut Content,
    repository: &str,
    tag: Option<&str>,
    seed: &str,
    mut spec: ImageSpec,
) -> Pushed {
    let (manifest_type, config_type, layer_type) = spec.media_types();
    if spec.layers.is_empty() {
        let seed = format!("{repository}:{seed}:{}", spec.platform);
        spec.layers.push(deterministic_bytes(&seed, 1_000));
    }
    let config = image_config(&spec).to_string().into_bytes();
    let config = content.put_blob(repository, config_type, config);
    let layers: Vec<Value> =
        spec.layers.into_iter().map(|layer| content.put_blob(repository, layer_type, layer)).collect();
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": manifest_type, "config": config, "layers": layers,
    });
    if !spec.annotations.is_empty() {
        manifest["annotations"] = json!(spec.annotations);
    }
    let mut pushed = put(content, repository, tag, manifest_type, &manifest);
    pushed.platform = Some(spec.platform);
    pushed
}

fn push_index(content: &mut Content, repository: &str, tag: &str, spec: IndexSpec) -> Pushed {
    let index_type = if spec.docker { media::DOCKER_LIST } else { media::OCI_INDEX };
    let push = |image| push_image(content, repository, None, tag, image);
    let mut children: Vec<Pushed> = spec.images.into_iter().map(push).collect();
    let mut entries: Vec<Value> = children.iter().map(image_entry).collect();
    if spec.attestation {
        let attested: Vec<(Pushed, Value)> =
            children.iter().map(|image| attest(content, repository, image)).collect();
        for (attestation, entry) in attested {
            children.push(attestation);
            entries.push(entry);
        }
    }
    let mut index = json!({"schemaVersion": 2, "mediaType": index_type, "manifests": entries});
    if !spec.annotations.is_empty() {
        index["annotations"] = json!(spec.annotations);
    }
    let pushed = put(content, repository, Some(tag), index_type, &index);
    Pushed { children, ..pushed }
}

/// The attestation that BuildKit adds for one image, and its entry in the index.
fn attest(content: &mut Content, repository: &str, image: &Pushed) -> (Pushed, Value) {
    let statement = json!({
        "_type": "https://in-toto.io/Statement/v0.1",
        "predicateType": "https://slsa.dev/provenance/v0.2",
        "subject": [{"digest": {"sha256": image.digest.trim_start_matches("sha256:")}}],
    });
    let config = content.put_blob(
        repository,
        media::OCI_CONFIG,
        json!({"architecture": "unknown", "os": "unknown"}).to_string().into_bytes(),
    );
    let layer = content.put_blob(repository, media::IN_TOTO, statement.to_string().into_bytes());
    let manifest = json!({
        "schemaVersion": 2, "mediaType": media::OCI_MANIFEST, "config": config, "layers": [layer],
    });
    let mut pushed = put(content, repository, None, media::OCI_MANIFEST, &manifest);
    pushed.platform = Some("unknown/unknown".to_owned());
    let mut entry = image_entry(&pushed);
    entry["annotations"] = json!({
        "vnd.docker.reference.digest": image.digest,
        "vnd.docker.reference.type": "attestation-manifest",
    });
    (pushed, entry)
}

fn push_artifact(content: &mut Content, repository: &str, tag: Option<&str>, spec: ArtifactSpec) -> Pushed {
    let config = content.put_blob(repository, &spec.config_type, b"{}".to_vec());
    let layer = content.put_blob(repository, &spec.layer_type, spec.layer);
    let mut manifest = json!({
        "schemaVersion": 2, "mediaType": media::OCI_MANIFEST, "config": config, "layers": [layer],
    });
    if let Some(artifact_type) = spec.artifact_type {
        manifest["artifactType"] = json!(artifact_type);
    }
    if let Some(digest) = spec.subject {
        // A referrer may come before its subject; the registry does not check.
        let found = content.manifest(repository, &digest);
        let (media_type, size) =
            found.map_or((media::OCI_MANIFEST.to_owned(), 0), |(_, m)| (m.media_type, m.bytes.len()));
        manifest["subject"] = json!({"mediaType": media_type, "digest": digest, "size": size});
    }
    if !spec.annotations.is_empty() {
        manifest["annotations"] = json!(spec.annotations);
    }
    put(content, repository, tag, media::OCI_MANIFEST, &manifest)
}

fn put(
    content: &mut Content,
    repository: &str,
    tag: Option<&str>,
    media_type: &str,
    manifest: &Value,
) -> Pushed {
    let (digest, size) = content.put_manifest(repository, tag, media_type, manifest);
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let descriptors = std::iter::once(&manifest["config"]).chain(layers);
    let blobs = descriptors.filter_map(|blob| blob["digest"].as_str().map(str::to_owned)).collect();
    Pushed {
        repository: repository.to_owned(),
        tag: tag.map(str::to_owned),
        digest,
        media_type: media_type.to_owned(),
        size,
        blobs,
        platform: None,
        children: Vec::new(),
    }
}

fn image_config(spec: &ImageSpec) -> Value {
    let mut config = platform_object(&spec.platform);
    config.insert("config".to_owned(), json!({"Labels": spec.labels}));
    let diff_ids: Vec<String> = spec.layers.iter().map(|layer| crate::sha256_digest(layer)).collect();
    config.insert("rootfs".to_owned(), json!({"type": "layers", "diff_ids": diff_ids}));
    Value::Object(config)
}

fn image_entry(image: &Pushed) -> Value {
    let platform = image.platform.as_deref().unwrap_or("unknown/unknown");
    json!({
        "mediaType": image.media_type, "digest": image.digest, "size": image.size,
        "platform": platform_object(platform),
    })
}

fn platform_object(platform: &str) -> Map<String, Value> {
    let keys = ["os", "architecture", "variant"];
    keys.into_iter().zip(platform.splitn(3, '/')).map(|(key, word)| (key.to_owned(), json!(word))).collect()
}
