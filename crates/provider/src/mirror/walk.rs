//! Reads a whole image through the mirror: what the tags name, the manifest, then config and layers.

use std::collections::HashSet;

use forewarm_domain::artifact::Blob;
use forewarm_domain::digest::Digest;
use forewarm_domain::options::PreheatOptions;
use forewarm_domain::task::{MAX_LISTED, PeerFailure, Proof, Report};
use forewarm_domain::task_log::TaskLog;
use forewarm_http::distribution::Session;
use forewarm_http::error;
use futures::{StreamExt, stream};

use super::read::{self, Busy, Unread};
use crate::text::{clip, plural};
use crate::{ImagePreheat, Outcome, Preheat, Progress, ProviderError};

/// Blobs read at one time when the options do not say.
const CONCURRENCY: u32 = 4;

/// What has been read so far.
#[derive(Default)]
struct Tally {
    read: HashSet<Digest>,
    bytes: u64,
    unread: Vec<(String, Unread)>,
}

pub(super) async fn walk(
    session: &Session,
    image: &ImagePreheat,
    preheat: &Preheat,
    log: &TaskLog,
) -> Result<Progress, ProviderError> {
    log.info(format!(
        "asked: {}/v2/{}/manifests/{} and its {}, to be read and thrown away",
        error::place(session.base()),
        image.repository,
        image.digest,
        plural(image.blobs.len(), "blob")
    ));
    let limit = preheat.time_limit();
    let seconds = usize::try_from(limit.as_secs()).unwrap_or(usize::MAX);
    let mut tally = Tally::default();
    let reading = read_all(session, image, &preheat.options, &mut tally, log);
    let in_time = tokio::time::timeout(limit, reading).await;
    let outcome = match in_time {
        Ok(Err(unread)) => return Err(unread.into()),
        Ok(Ok(())) => match tally.busy(image) {
            Some(busy) => return Err(busy),
            None => tally.outcome(image),
        },
        Err(_) => Outcome::Failed {
            message: format!("{} within {}", tally.count(image), plural(seconds, "second")),
            retry: true,
        },
    };
    match &outcome {
        Outcome::Failed { message, .. } => log.error(format!("failed: {message}")),
        Outcome::Success { message, .. } => log.info(format!("done: {message}")),
        Outcome::Running { .. } => {}
    }
    Ok(Progress { engine_job: None, outcome, report: tally.report(image) })
}

async fn read_all(
    session: &Session,
    image: &ImagePreheat,
    options: &PreheatOptions,
    tally: &mut Tally,
    log: &TaskLog,
) -> Result<(), Unread> {
    let mut manifests = vec![&image.artifact_digest];
    if image.digest != image.artifact_digest {
        manifests.push(&image.digest);
    }
    for digest in manifests {
        tally.bytes += read::manifest_by_digest(session, &image.repository, digest).await?;
        log.info(format!("{digest}: manifest read"));
    }
    let concurrency = options.concurrent_task_count.unwrap_or(CONCURRENCY).max(1);
    read_blobs(session, image, concurrency as usize, tally, log).await;
    for tag in &image.tags {
        read_tag(session, image, tag, log).await;
    }
    Ok(())
}

/// Goes on after a blob that cannot be read: the others will be warm for the next attempt.
async fn read_blobs(
    session: &Session,
    image: &ImagePreheat,
    concurrency: usize,
    tally: &mut Tally,
    log: &TaskLog,
) {
    let mut reads = stream::iter(image.blobs.clone())
        .map(|blob| async move {
            let result = read::blob(session, &image.repository, &blob).await;
            (blob, result)
        })
        .buffer_unordered(concurrency);
    while let Some((blob, result)) = reads.next().await {
        tally.add(&blob, result, log);
    }
}

/// A pull-through cache asks its origin anew what a tag names, and remembers the answer for the time that the origin
/// is away. The image is warm without it, so that a failure is a warning.
async fn read_tag(session: &Session, image: &ImagePreheat, tag: &str, log: &TaskLog) {
    match read::manifest(session, &image.repository, tag).await {
        Ok(bytes) if read::is(&bytes, &image.artifact_digest) => log.info(format!("tag {tag}: read")),
        Ok(_) => log.warning(format!(
            "tag {tag}: the mirror says that it names something else than {}",
            image.artifact_digest
        )),
        Err(unread) => log.warning(format!("tag {tag}: {}", unread.message)),
    }
}

impl Tally {
    fn add(&mut self, blob: &Blob, result: Result<u64, Unread>, log: &TaskLog) {
        match result {
            Ok(bytes) => {
                self.read.insert(blob.digest.clone());
                self.bytes += bytes;
                log.info(format!("{}: {bytes} bytes read", blob.digest));
            }
            Err(unread) => {
                log.error(format!("{}: {}", blob.digest, unread.message));
                self.unread.push((blob.digest.to_string(), unread));
            }
        }
    }

    fn count(&self, image: &ImagePreheat) -> String {
        format!("{} of {} read", self.read.len(), plural(image.blobs.len(), "blob"))
    }

    /// When nothing but a limit kept us from the rest.
    fn busy(&self, image: &ImagePreheat) -> Option<ProviderError> {
        let waits: Option<Vec<Busy>> = self.unread.iter().map(|(_, unread)| unread.busy).collect();
        let retry_after = waits?.into_iter().map(|Busy(wait)| wait).max()?;
        let (digest, first) = self.unread.first()?;
        let message = clip(&format!("{}; {digest}: {}", self.count(image), first.message), 2048);
        Some(ProviderError::Busy { message, retry_after })
    }

    fn outcome(&self, image: &ImagePreheat) -> Outcome {
        let count = self.count(image);
        let Some((digest, first)) = self.unread.first() else {
            let message = format!("{count} through the mirror, {} bytes", self.bytes);
            return Outcome::Success { proof: Proof::BlobsPresent, message };
        };
        Outcome::Failed {
            message: clip(&format!("{count}; {digest}: {}", first.message), 2048),
            retry: self.unread.iter().all(|(_, unread)| unread.retry),
        }
    }

    fn report(&self, image: &ImagePreheat) -> Report {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let failures = self.unread.iter().take(MAX_LISTED);
        let digests = image.blobs.iter().map(|blob| &blob.digest);
        let missing = digests.filter(|digest| !self.read.contains(*digest)).map(ToString::to_string);
        Report {
            expected: number(image.blobs.len()),
            confirmed: number(self.read.len()),
            bytes: self.bytes,
            missing: missing.take(MAX_LISTED).collect(),
            failures: failures
                .map(|(digest, unread)| PeerFailure {
                    url: digest.clone(),
                    peer: "mirror".to_owned(),
                    description: clip(&unread.message, 2048),
                })
                .collect(),
            failure_count: number(self.unread.len()),
            peers: Vec::new(),
        }
    }
}

impl From<Unread> for ProviderError {
    fn from(unread: Unread) -> Self {
        match unread.busy {
            Some(Busy(retry_after)) => Self::Busy { message: unread.message, retry_after },
            None if unread.retry => Self::transient(unread.message),
            None => Self::permanent(unread.message),
        }
    }
}
