//! Reads one manifest or blob through the mirror, to the end, and keeps nothing of it.

use std::time::Duration;

use forewarm_domain::artifact::Blob;
use forewarm_domain::digest::Digest;
use forewarm_http::distribution::{MANIFEST_LIMIT, MANIFESTS, Session, pull_scope};
use forewarm_http::{ErrorKind, HttpError};

use super::hash::Hash;

/// Why something was not read whole.
#[derive(Debug)]
pub(super) struct Unread {
    pub(super) message: String,
    /// Whether it may be read later.
    pub(super) retry: bool,
    /// How long to wait, where it is only a limit that was hit: the mirror's, or its origin's.
    pub(super) busy: Option<Busy>,
}

/// A limit, with the wait that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Busy(pub(super) Option<Duration>);

impl From<HttpError> for Unread {
    fn from(error: HttpError) -> Self {
        let message = match error.kind {
            ErrorKind::Status(401 | 403) => format!("the mirror refuses us: {error}"),
            ErrorKind::Status(404) => format!("the mirror cannot get it from its origin: {error}"),
            _ => error.to_string(),
        };
        let busy = (error.kind == ErrorKind::Status(429)).then_some(Busy(error.retry_after));
        Self { retry: error.is_transient(), message, busy }
    }
}

/// Reads a manifest or index by digest or tag. What a tag names is told by the digest of the bytes.
pub(super) async fn manifest(
    session: &Session,
    repository: &str,
    reference: &str,
) -> Result<Vec<u8>, Unread> {
    let path = format!("{repository}/manifests/{reference}");
    let answer = session.get(&path, MANIFESTS, &pull_scope(repository)).await?;
    let answer = answer.success(session.clock()).await?;
    Ok(answer.read(MANIFEST_LIMIT).await?)
}

/// Reads a manifest and checks that it is the one asked for.
pub(super) async fn manifest_by_digest(
    session: &Session,
    repository: &str,
    digest: &Digest,
) -> Result<u64, Unread> {
    let bytes = manifest(session, repository, digest.as_str()).await?;
    if is(&bytes, digest) {
        return Ok(bytes.len() as u64);
    }
    Err(wrong(format!("the manifest that the mirror gives for {digest} has another digest")))
}

/// Streams a blob and throws it away; the memory needed does not depend on its size.
pub(super) async fn blob(session: &Session, repository: &str, blob: &Blob) -> Result<u64, Unread> {
    let digest = &blob.digest;
    let mut answer = session.get_blob(repository, digest).await?;
    let mut hash = Hash::like(digest);
    let mut count: u64 = 0;
    while let Some(chunk) = answer.chunk().await? {
        let chunk = chunk.as_ref();
        count += chunk.len() as u64;
        if count > blob.size {
            return Err(wrong(format!(
                "what the mirror gives for it is larger than its {} bytes",
                blob.size
            )));
        }
        hash.update(chunk);
    }
    if count < blob.size {
        return Err(wrong(format!("the mirror gave {count} of its {} bytes", blob.size)));
    }
    if !hash.is(digest) {
        return Err(wrong("what the mirror gives for it has another digest".to_owned()));
    }
    Ok(count)
}

pub(super) fn is(bytes: &[u8], digest: &Digest) -> bool {
    let mut hash = Hash::like(digest);
    hash.update(bytes);
    hash.is(digest)
}

/// Broken on the way or in the cache: the next try may find it mended.
fn wrong(message: String) -> Unread {
    Unread { message, retry: true, busy: None }
}
