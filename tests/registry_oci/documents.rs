//! Manifests of a test's own, for what the fake registry does not push.

use forewarm_fake::registry::Registry as Fake;
use forewarm_fake::{Answer, Fault, sha256_digest};
use serde_json::Value;

/// Serves a document of the test's own under the tag and its digest; answers the digest.
pub fn serve(fake: &Fake, repository: &str, tag: &str, media_type: &str, document: &Value) -> String {
    let bytes = document.to_string();
    let digest = sha256_digest(bytes.as_bytes());
    let answer = Answer::new(200).body(media_type, bytes).header("docker-content-digest", digest.clone());
    for reference in [tag, digest.as_str()] {
        let path = format!("/v2/{repository}/manifests/{reference}");
        fake.faults().on("", &path).always().inject(Fault::Answer(answer.clone()));
    }
    digest
}

pub const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
