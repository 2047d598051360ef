//! Engines and what they are asked for, as the worker would hand them over.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use forewarm_domain::artifact::Blob;
use forewarm_domain::auth::Auth;
use forewarm_domain::digest::Digest;
use forewarm_domain::instance::{Instance, InstanceSettings};
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::task_log::TaskLog;
use forewarm_fake::registry::{Pushed, Registry};
use forewarm_provider::{ImagePreheat, Outcome, Preheat, Provider, Subject, vendor};
use url::Url;

use super::outbound::outbound;

/// A moment at which tests begin.
pub fn start() -> DateTime<Utc> {
    DateTime::from_timestamp(1_788_249_600, 0).unwrap()
}

/// An enabled instance without credentials or settings.
pub fn instance(vendor: &str, endpoint: &str) -> Instance {
    Instance {
        id: 1,
        name: vendor.to_owned(),
        vendor: vendor.to_owned(),
        description: String::new(),
        endpoint: Url::parse(endpoint).unwrap(),
        auth: Auth::None,
        insecure_tls: false,
        enabled: true,
        is_default: false,
        settings: InstanceSettings::default(),
        max_in_flight: 10,
        submits_per_second: None,
        health: None,
        created_at: start(),
        updated_at: start(),
    }
}

/// A client of the instance.
pub fn connect(instance: &Instance) -> Arc<dyn Provider> {
    let vendor = vendor(&instance.vendor).unwrap();
    vendor.connect(instance, &outbound())
}

/// Task 4410 of execution 812, never submitted.
pub fn preheat(subject: Subject) -> Preheat {
    Preheat {
        task_id: 4410,
        execution_id: 812,
        attempt: 1,
        subject,
        options: PreheatOptions::default(),
        origin: OriginAccess::default(),
        now: start(),
        submitted_at: None,
        deadline: None,
    }
}

/// The same task, this long after it was submitted.
pub fn after(preheat: &Preheat, elapsed: Duration) -> Preheat {
    let submitted_at = preheat.submitted_at.unwrap_or(preheat.now);
    Preheat {
        submitted_at: Some(submitted_at),
        now: submitted_at + TimeDelta::from_std(elapsed).unwrap(),
        ..preheat.clone()
    }
}

/// What a registry holds under a tag that names one image.
pub fn image(registry: &Registry, pushed: &Pushed) -> ImagePreheat {
    let digest = |text: &String| Digest::parse(text).unwrap();
    let blob = |text: &String| Blob { digest: digest(text), size: registry.blob(text).unwrap().len() as u64 };
    ImagePreheat {
        registry_url: Url::parse(&registry.url()).unwrap(),
        repository: pushed.repository.clone(),
        digest: digest(&pushed.digest),
        media_type: pushed.media_type.clone(),
        platform: pushed.platform.as_ref().map(|platform| platform.parse().unwrap()),
        tags: pushed.tag.iter().cloned().collect(),
        artifact_digest: digest(&pushed.digest),
        blobs: pushed.blobs.iter().map(blob).collect(),
        access: None,
    }
}

/// The image of one platform of an index.
pub fn child(registry: &Registry, index: &Pushed, platform: &str) -> ImagePreheat {
    ImagePreheat {
        tags: index.tag.iter().cloned().collect(),
        artifact_digest: Digest::parse(&index.digest).unwrap(),
        ..image(registry, index.child(platform).unwrap())
    }
}

/// A log whose lines all bear the same time.
pub fn log() -> TaskLog {
    TaskLog::new(Arc::new(start))
}

/// The lines of a log, one below the other.
pub fn text(log: &TaskLog) -> String {
    let lines = log.take();
    lines.iter().map(|line| format!("{} {}\n", line.level.as_str(), line.message)).collect()
}

/// The message of a failure, and whether a retry may help.
#[track_caller]
pub fn failed(outcome: &Outcome) -> (&str, bool) {
    match outcome {
        Outcome::Failed { message, retry } => (message, *retry),
        other => panic!("expected a failure, not {other:?}"),
    }
}

/// The message of a task that goes on.
#[track_caller]
pub fn running(outcome: &Outcome) -> (&str, Duration) {
    match outcome {
        Outcome::Running { check_in, message } => (message, *check_in),
        other => panic!("expected it to go on, not {other:?}"),
    }
}

/// The message of a success with full proof.
#[track_caller]
pub fn proven(outcome: &Outcome) -> &str {
    match outcome {
        Outcome::Success { proof: forewarm_domain::task::Proof::BlobsPresent, message } => message,
        other => panic!("expected proof that every blob is there, not {other:?}"),
    }
}
