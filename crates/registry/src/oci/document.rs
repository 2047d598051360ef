//! Manifests and indexes as the registry keeps them: read, verified, and told apart.

use forewarm_domain::artifact::{IMAGE_MANIFESTS, INDEXES};
use forewarm_domain::digest::Digest;
use forewarm_http::distribution::{Answer, MANIFEST_LIMIT, MANIFESTS, pull_scope};
use forewarm_http::error::place;
use oci_spec::image::{ImageIndex, ImageManifest};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::explain::explain;
use super::{Oci, verify};
use crate::RegistryError;

/// A manifest or index whose digest was checked.
#[derive(Debug)]
pub(super) struct Document {
    pub(super) digest: Digest,
    pub(super) media_type: String,
    pub(super) content: Content,
}

#[derive(Debug)]
pub(super) enum Content {
    Image(ImageManifest),
    Index(ImageIndex),
}

/// Enough of a document to say which kind it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Outline {
    media_type: Option<String>,
    manifests: Option<IgnoredAny>,
    layers: Option<IgnoredAny>,
}

impl Oci {
    /// Reads what the digest names.
    pub(super) async fn read(&self, repository: &str, digest: &Digest) -> Result<Document, RegistryError> {
        let what = format!("{repository}@{digest}");
        let answer = self.manifest(repository, digest.as_str(), &what).await?;
        self.document(answer, Some(digest.clone()), &what).await
    }

    /// Reads what the tag names at this moment.
    pub(super) async fn read_tag(&self, repository: &str, tag: &str) -> Result<Document, RegistryError> {
        let what = format!("{repository}:{tag}");
        let answer = self.manifest(repository, tag, &what).await?;
        let digest = answer.content_digest();
        self.document(answer, digest, &what).await
    }

    async fn manifest(&self, repository: &str, reference: &str, what: &str) -> Result<Answer, RegistryError> {
        let path = format!("{repository}/manifests/{reference}");
        let scope = pull_scope(repository);
        let answer = self.session.get(&path, MANIFESTS, &scope).await;
        let answer = answer.map_err(|error| explain(error, what))?;
        let answer = answer.success(self.session.clock()).await;
        answer.map_err(|error| explain(error, what))
    }

    async fn document(
        &self,
        answer: Answer,
        digest: Option<Digest>,
        what: &str,
    ) -> Result<Document, RegistryError> {
        let declared = answer.media_type();
        let body = answer.read(MANIFEST_LIMIT).await;
        let body = body.map_err(|error| explain(error, what))?;
        let digest = digest.unwrap_or_else(|| verify::sha256(&body));
        if !verify::is(&digest, &body) {
            let place = place(self.session.base());
            return Err(RegistryError::Lying(format!(
                "{what}: {place} sent a manifest whose digest is {}, not {digest}",
                verify::sha256(&body)
            )));
        }
        parse(&body, &declared, digest).map_err(|why| self.unfit(what, why))
    }

    fn unfit(&self, what: &str, why: Unfit) -> RegistryError {
        let place = place(self.session.base());
        match why {
            Unfit::Nonsense(why) => {
                RegistryError::Lying(format!("{what}: {place} sent no valid manifest: {why}"))
            }
            Unfit::Other(media_type) => {
                RegistryError::Unsuitable(format!("{what} is no image: its media type is {media_type}"))
            }
        }
    }
}

enum Unfit {
    Nonsense(String),
    Other(String),
}

fn parse(body: &[u8], declared: &str, digest: Digest) -> Result<Document, Unfit> {
    let outline: Outline = read(body)?;
    // A document that is both can mean one thing here and another to whoever pulls (CVE-2021-41190).
    if outline.manifests.is_some() && outline.layers.is_some() {
        return Err(Unfit::Nonsense("it is a manifest and an index at once".to_owned()));
    }
    let media_type = media_type(&outline, declared);
    let content = if INDEXES.contains(&media_type.as_str()) {
        Content::Index(read(body)?)
    } else if IMAGE_MANIFESTS.contains(&media_type.as_str()) {
        Content::Image(read(body)?)
    } else {
        return Err(Unfit::Other(media_type));
    };
    Ok(Document { digest, media_type, content })
}

/// What the document says of itself, else what the registry says, else what its fields say.
fn media_type(outline: &Outline, declared: &str) -> String {
    if let Some(own) = &outline.media_type {
        return own.chars().filter(|c| !c.is_control()).take(200).collect();
    }
    match declared {
        "" | "text/plain" | "application/json" | "application/octet-stream"
            if outline.manifests.is_some() =>
        {
            INDEXES[1].to_owned()
        }
        "" | "text/plain" | "application/json" | "application/octet-stream" => IMAGE_MANIFESTS[1].to_owned(),
        declared => declared.to_owned(),
    }
}

fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Unfit> {
    serde_json::from_slice(body).map_err(|error| Unfit::Nonsense(error.to_string()))
}
