//! Mode `origin`: one prefetch per digest, repeated until the origin says that it is cached (0.1.13 and later). The
//! only mode that knows the end.

use std::time::Duration;

use forewarm_domain::digest::Digest;
use forewarm_domain::task::{MAX_LISTED, Proof, Report};
use futures::{StreamExt, TryStreamExt, stream};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Call, answer};
use crate::engine::QUICK;
use crate::text::{plural, some_of};
use crate::{Outcome, Progress, ProviderError};

/// How many digests are asked for at one time.
const CONCURRENCY: usize = 8;
/// The namespace is one segment of the path: the slashes of a repository name are encoded, too.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

const SOON: Duration = Duration::from_secs(2);
const LATER: Duration = Duration::from_secs(5);
/// Small images are there by then.
const SOON_UNTIL: Duration = Duration::from_secs(60);
/// The most digests with a line of their own in the log.
const MAX_LINES: usize = 50;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Cached,
    OnItsWay,
    /// The origin's backend does not have it.
    Absent,
}

pub(super) async fn submit(call: &Call<'_>) -> Result<Progress, ProviderError> {
    let digests = wanted(call);
    if let Some(odd) = digests.iter().find(|digest| digest.algorithm() != "sha256") {
        return Ok(call.refused(format!("Kraken knows sha256 digests only, not {odd}")));
    }
    call.log.info(format!(
        "asked: POST {}{} for {}",
        call.engine.place(),
        path(call, "<digest>"),
        plural(digests.len(), "digest")
    ));
    look(call, &digests, true).await
}

pub(super) async fn check(call: &Call<'_>) -> Result<Progress, ProviderError> {
    look(call, &wanted(call), false).await
}

async fn look(call: &Call<'_>, digests: &[Digest], first: bool) -> Result<Progress, ProviderError> {
    let states: Vec<State> = stream::iter(digests.to_vec())
        .map(|digest| ask(call, digest))
        .buffered(CONCURRENCY)
        .try_collect()
        .await?;
    let found: Vec<(&Digest, State)> = digests.iter().zip(states).collect();
    let outcome = judge(call, &found);
    if first || !matches!(outcome, Outcome::Running { .. }) {
        write(call, &found);
    }
    Ok(Progress { engine_job: None, outcome, report: report(call, &found) })
}

async fn ask(call: &Call<'_>, digest: Digest) -> Result<State, ProviderError> {
    let answer = call.engine.post(&path(call, digest.as_str()), None, QUICK).await?;
    match answer.status {
        202 => Ok(State::OnItsWay),
        200 => Ok(State::Cached),
        404 if answer::is_unknown_path(&answer) => Err(ProviderError::permanent(format!(
            "{}: no prefetch here: the endpoint must be an origin of Kraken 0.1.13 or later (port 15002 by default)",
            call.engine.place()
        ))),
        404 => Ok(State::Absent),
        _ => Err(answer::explain(&call.engine.place(), &answer, call.blotter)),
    }
}

/// What a pull needs of the origins: the index that a tag names, the manifest, config and layers, each once.
fn wanted(call: &Call<'_>) -> Vec<Digest> {
    let image = call.image;
    let mut digests = vec![image.artifact_digest.clone()];
    let rest = std::iter::once(&image.digest).chain(image.blobs.iter().map(|blob| &blob.digest));
    for digest in rest {
        if !digests.contains(digest) {
            digests.push(digest.clone());
        }
    }
    digests
}

fn path(call: &Call<'_>, digest: &str) -> String {
    let namespace = utf8_percent_encode(&call.image.repository, SEGMENT);
    format!("/namespace/{namespace}/blobs/{digest}/prefetch")
}

fn judge(call: &Call<'_>, found: &[(&Digest, State)]) -> Outcome {
    let absent = having(found, State::Absent);
    let waiting = having(found, State::OnItsWay);
    let count = format!("{} of {} cached", having(found, State::Cached).len(), plural(found.len(), "blob"));
    if !absent.is_empty() {
        return Outcome::Failed {
            message: format!("Kraken's backend does not have {}; {count}", some_of(&absent, 3)),
            retry: false,
        };
    }
    if waiting.is_empty() {
        return Outcome::Success {
            proof: Proof::BlobsPresent,
            message: format!("{count} in Kraken's origins"),
        };
    }
    let (elapsed, limit) = (call.preheat.elapsed(), call.preheat.options.timeout_seconds());
    if elapsed >= Duration::from_secs(limit.into()) {
        return Outcome::Failed {
            message: format!("{count} after {limit} seconds; missing: {}", some_of(&waiting, 3)),
            retry: true,
        };
    }
    Outcome::Running { check_in: if elapsed < SOON_UNTIL { SOON } else { LATER }, message: count }
}

fn report(call: &Call<'_>, found: &[(&Digest, State)]) -> Report {
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    let missing =
        found.iter().filter(|(_, state)| *state != State::Cached).map(|(digest, _)| digest.to_string());
    Report {
        expected: number(found.len()),
        confirmed: number(having(found, State::Cached).len()),
        bytes: call.image.blobs.iter().map(|blob| blob.size).fold(0, u64::saturating_add),
        missing: missing.take(MAX_LISTED).collect(),
        ..Report::default()
    }
}

fn write(call: &Call<'_>, found: &[(&Digest, State)]) {
    for (digest, state) in found.iter().take(MAX_LINES) {
        match state {
            State::Cached => call.log.info(format!("{digest}: cached")),
            State::OnItsWay => call.log.info(format!("{digest}: on its way")),
            State::Absent => call.log.error(format!("{digest}: not in the origin's backend")),
        }
    }
    if found.len() > MAX_LINES {
        call.log.info(format!("… and {} more", plural(found.len() - MAX_LINES, "digest")));
    }
}

fn having(found: &[(&Digest, State)], state: State) -> Vec<String> {
    found.iter().filter(|(_, is)| *is == state).map(|(digest, _)| digest.to_string()).collect()
}
