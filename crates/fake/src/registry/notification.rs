//! What a registry tells its subscribers of a push, in the words of distribution's notifications (2.8 and 3.0).

use serde_json::{Value, json};

use super::content::Pushed;

/// The content type that it is sent with.
pub const NOTIFICATION: &str = "application/vnd.docker.distribution.events.v1+json";

impl Pushed {
    /// The envelope that the registry at this address sends when the tag has been pushed.
    pub fn notification(&self, registry: &str) -> Value {
        let (repository, digest) = (&self.repository, &self.digest);
        let mut target = json!({
            "mediaType": self.media_type, "size": self.size, "digest": digest, "length": self.size,
            "repository": repository, "url": format!("{registry}/v2/{repository}/manifests/{digest}"),
        });
        if let Some(tag) = &self.tag {
            target["tag"] = json!(tag);
        }
        let id = format!("push of {repository}:{}@{digest}", self.tag.as_deref().unwrap_or_default());
        json!({ "events": [{
            "id": id, "action": "push", "target": target,
            "request": { "id": "1", "addr": "127.0.0.1:1", "host": "registry", "method": "PUT", "useragent": "docker" },
            "actor": { "name": "ci" }, "source": { "addr": "registry:5000", "instanceID": "1" },
        }] })
    }
}
