//! From the tags of a repository to its images. However many tags a digest has, it is read a few times at most: as many as
//! are under way before the first two are seen to be the same.

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use forewarm_domain::artifact::Artifact;
use forewarm_domain::digest::Digest;
use forewarm_domain::filter::LeftOut;
use forewarm_http::ErrorKind;
use forewarm_http::distribution::{MANIFESTS, pull_scope};
use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::document::Document;
use super::explain::explain;
use super::image::Needs;
use super::{AT_A_TIME, Oci, name};
use crate::{Found, RegistryError, Wanted};

/// A page of tags. An empty one may be `null`.
#[derive(Deserialize)]
struct Page {
    tags: Option<Vec<String>>,
}

/// What a tag turned out to name.
enum Named {
    Digest(Digest),
    /// The registry does not say the digest, so the manifest was read.
    Document(Box<Document>),
    /// The tag went away meanwhile.
    Nothing,
}

/// How tags are looked at.
struct Look {
    /// Whether to read what a tag names right away, rather than to ask for its digest first. That is one request for an
    /// image instead of two, as long as tags do not name the same.
    reads: AtomicBool,
    seen: Mutex<HashSet<Digest>>,
}

/// Repositories with more tags are asked for digests first: their manifests, all at once, would fill the memory.
const MOST_READ: usize = 1_000;

/// The tags of one digest.
struct Group {
    digest: Digest,
    document: Option<Box<Document>>,
    tags: Vec<String>,
}

impl Oci {
    pub(super) async fn find(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        let mut found = Found::default();
        let mut tags = self.tags(repository).await?;
        tags.retain(|tag| match passes(tag, wanted) {
            Ok(()) => true,
            Err(why) => {
                found.left_out.push((tag.clone(), why));
                false
            }
        });
        let look = Look::new(tags.len() <= MOST_READ);
        let groups = self.groups(repository, tags, &look, &mut found).await?;
        let needs = Needs::of(wanted);
        let images: Vec<_> = stream::iter(groups)
            .map(|group| self.group_image(repository, group, needs))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        for (tags, image) in images {
            match image {
                Ok(artifact) => found.artifacts.push(artifact),
                Err(why) => found.left_out.extend(tags.into_iter().map(|tag| (tag, why.clone()))),
            }
        }
        Ok(found)
    }

    /// Which tags name the digest now: of these, or of all when none are given.
    pub(super) async fn tags_naming(
        &self,
        repository: &str,
        digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        let mut tags = if among.is_empty() { self.tags(repository).await? } else { among.to_vec() };
        tags.retain(|tag| name::is_tag(tag) && !is_companion(tag));
        let look = Look::new(false);
        let named: Vec<(String, Named)> = stream::iter(tags)
            .map(|tag| self.named(repository, tag, &look))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let names_it = |named: &Named| match named {
            Named::Digest(found) => found == digest,
            Named::Document(document) => document.digest == *digest,
            Named::Nothing => false,
        };
        Ok(named.into_iter().filter(|(_, named)| names_it(named)).map(|(tag, _)| tag).collect())
    }

    /// What each tag names, without reading what that is.
    pub(super) async fn tags_with_digests(
        &self,
        repository: &str,
    ) -> Result<Vec<(String, Digest)>, RegistryError> {
        let mut tags = self.tags(repository).await?;
        tags.retain(|tag| name::is_tag(tag) && !is_companion(tag));
        let groups = self.groups(repository, tags, &Look::new(false), &mut Found::default()).await?;
        let each = |group: Group| group.tags.into_iter().map(move |tag| (tag, group.digest.clone()));
        Ok(groups.into_iter().flat_map(each).collect())
    }

    /// Every tag of the repository, each once, in the registry's order.
    async fn tags(&self, repository: &str) -> Result<Vec<String>, RegistryError> {
        let path = format!("{repository}/tags/list");
        let scope = pull_scope(repository);
        let mut pages = self.session.pages(&path, &scope);
        let mut tags = Vec::new();
        let mut seen = HashSet::new();
        loop {
            let body = match pages.next().await {
                Ok(Some(body)) => body,
                Ok(None) => return Ok(tags),
                // The catalog may name a repository whose last tag was deleted (distribution does).
                Err(error) if error.kind == ErrorKind::Status(404) && self.listed.is_empty() => {
                    return Ok(tags);
                }
                Err(error) => return Err(explain(error, &format!("the tags of {repository}"))),
            };
            let page: Page =
                serde_json::from_slice(&body).map_err(|error| self.no_list("list of tags", &error))?;
            let new = page.tags.unwrap_or_default();
            tags.extend(new.into_iter().filter(|tag| seen.insert(tag.clone())));
        }
    }

    /// Asks what the tags name, and puts those that name the same together.
    async fn groups(
        &self,
        repository: &str,
        tags: Vec<String>,
        look: &Look,
        found: &mut Found,
    ) -> Result<Vec<Group>, RegistryError> {
        let named: Vec<(String, Named)> = stream::iter(tags)
            .map(|tag| self.named(repository, tag, look))
            .buffered(AT_A_TIME)
            .try_collect()
            .await?;
        let mut groups: Vec<Group> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for (tag, named) in named {
            let (digest, document) = match named {
                Named::Digest(digest) => (digest, None),
                Named::Document(document) => (document.digest.clone(), Some(document)),
                Named::Nothing => {
                    found.left_out.push((tag, vanished()));
                    continue;
                }
            };
            let place = *places.entry(digest.clone()).or_insert(groups.len());
            if place == groups.len() {
                groups.push(Group { digest, document: None, tags: vec![] });
            }
            groups[place].tags.push(tag);
            groups[place].document = groups[place].document.take().or(document);
        }
        Ok(groups)
    }

    async fn named(
        &self,
        repository: &str,
        tag: String,
        look: &Look,
    ) -> Result<(String, Named), RegistryError> {
        if look.reads() {
            match self.read_named(repository, &tag).await {
                // No image; it is left out when it is read by its digest, with the reason.
                Err(RegistryError::Unsuitable(_)) => {}
                Err(error) => return Err(error),
                Ok(named) => {
                    look.note(&named);
                    return Ok((tag, named));
                }
            }
        }
        let path = format!("{repository}/manifests/{tag}");
        let scope = pull_scope(repository);
        let what = format!("{repository}:{tag}");
        let answer = self.session.head(&path, MANIFESTS, &scope).await;
        let answer = answer.map_err(|error| explain(error, &what))?;
        let digest = answer.content_digest();
        let named = match (answer.status().as_u16(), digest) {
            (404, _) => Named::Nothing,
            (200, Some(digest)) => Named::Digest(digest),
            // Some servers know no HEAD, some send no digest with it: read the manifest instead.
            (200 | 405 | 501, _) => {
                drop(answer);
                self.read_named(repository, &tag).await?
            }
            _ => {
                let refused = answer.success(self.session.clock()).await;
                return match refused {
                    Err(error) => Err(explain(error, &what)),
                    Ok(_) => Ok((tag, Named::Nothing)),
                };
            }
        };
        Ok((tag, named))
    }

    async fn read_named(&self, repository: &str, tag: &str) -> Result<Named, RegistryError> {
        match self.read_tag(repository, tag).await {
            Ok(document) => Ok(Named::Document(Box::new(document))),
            Err(RegistryError::NotFound(_)) => Ok(Named::Nothing),
            Err(error) => Err(error),
        }
    }

    /// The image that the tags name, or why they name none.
    async fn group_image(
        &self,
        repository: &str,
        group: Group,
        needs: Needs,
    ) -> Result<(Vec<String>, Result<Artifact, LeftOut>), RegistryError> {
        let read = async {
            let document = match group.document {
                Some(document) => *document,
                None => self.read(repository, &group.digest).await?,
            };
            self.image(repository, &group.tags[0], &document, needs).await
        };
        let image = match read.await {
            Ok(artifact) => Ok(Artifact { tags: group.tags.clone(), ..artifact }),
            Err(RegistryError::Unsuitable(reason)) => Err(LeftOut { filter: "media_type", reason }),
            Err(RegistryError::NotFound(reason)) => Err(LeftOut { filter: "tag", reason }),
            Err(error) => return Err(error),
        };
        Ok((group.tags, image))
    }
}

impl Look {
    fn new(reads: bool) -> Self {
        Self { reads: AtomicBool::new(reads), seen: Mutex::default() }
    }

    fn reads(&self) -> bool {
        self.reads.load(Ordering::Relaxed)
    }

    /// Where two tags name the same, others may, too.
    fn note(&self, named: &Named) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        if let Named::Document(document) = named
            && !seen.insert(document.digest.clone())
        {
            self.reads.store(false, Ordering::Relaxed);
        }
    }
}

/// Whether the tag is wanted, is a tag, and names nothing that belongs to another image.
pub(crate) fn passes(tag: &str, wanted: &Wanted<'_>) -> Result<(), LeftOut> {
    wanted.selector.tag(tag)?;
    if !name::is_tag(tag) {
        return Err(LeftOut { filter: "tag", reason: "it is no valid tag name".to_owned() });
    }
    if is_companion(tag) {
        return Err(LeftOut {
            filter: "media_type",
            reason: format!(
                "tag '{tag}' holds what belongs to another image: a signature, attestation or SBOM"
            ),
        });
    }
    Ok(())
}

/// Cosign and the referrers fallback of the distribution specification file things under `sha256-<hex>[.suffix]`.
pub(crate) fn is_companion(tag: &str) -> bool {
    let Some(rest) = tag.strip_prefix("sha256-").or(tag.strip_prefix("sha512-")) else {
        return false;
    };
    let hex = rest.split('.').next().unwrap_or_default();
    matches!(hex.len(), 64 | 128) && hex.chars().all(|c| c.is_ascii_hexdigit())
}

fn vanished() -> LeftOut {
    LeftOut { filter: "tag", reason: "the tag was removed while the repository was read".to_owned() }
}
