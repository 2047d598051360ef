//! How much CPU a selection takes: 100,000 artifacts against a policy's filters, and one event against 10,000
//! policies. `make bench` runs it; it fails when a limit is broken.

#![allow(clippy::unwrap_used)] // a failed unwrap is a failed benchmark

use std::collections::HashMap;
use std::hint::black_box;
use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use forewarm_domain::Secret;
use forewarm_domain::artifact::{Artifact, Blob, Manifest};
use forewarm_domain::criteria::Criteria;
use forewarm_domain::digest::Digest;
use forewarm_domain::filter::{Filter, Selector};
use forewarm_domain::policy_index::{Indexed, PolicyIndex};
use forewarm_domain::severity::{Scan, Severity};
use forewarm_domain::signature::{Scheme, Signature};
use forewarm_registry::selection::Question;
use forewarm_registry::{Attached, Found, Registry, RegistryError, Wanted};
use futures::TryStreamExt as _;
use futures::executor::block_on;
use rustix::time::{ClockId, clock_gettime};

const REPOSITORIES: usize = 1_000;
const TAGS: usize = 100;
const POLICIES: usize = 10_000;
const SELECTION_LIMIT: Duration = Duration::from_millis(200);
const EVENT_LIMIT: Duration = Duration::from_millis(5);
/// Each figure is the median of as many rounds.
const ROUNDS: usize = 7;

fn main() {
    let good = [
        report("100,000 artifacts against six filters", SELECTION_LIMIT, selection()),
        report("one event against 10,000 policies", EVENT_LIMIT, event()),
    ];
    if good.contains(&false) {
        std::process::exit(1);
    }
}

fn report(what: &str, limit: Duration, mut rounds: Vec<Duration>) -> bool {
    rounds.sort();
    let median = rounds[rounds.len() / 2];
    let good = median <= limit;
    let verdict = if good { "ok" } else { "TOO SLOW" };
    println!("{what:<42} {median:>10.2?} of CPU (median of {ROUNDS}; at most {limit:?}): {verdict}");
    good
}

fn selection() -> Vec<Duration> {
    let filters = [
        Filter::Repository { pattern: "{team-*,shop}/**".to_owned() },
        Filter::Tag { pattern: "v[0-9]*".to_owned() },
        Filter::Tag { pattern: "*.?*".to_owned() },
        Filter::Label { labels: vec!["production".to_owned()] },
        Filter::Vulnerability { max_severity: Severity::High },
        Filter::Signature { signed: true },
    ];
    let selector = Selector::compile(&filters).unwrap();
    let question =
        Question { namespace: "company", selector, each_project: false, platforms: &[], sizes: false };
    let round = |memory: &Memory| {
        let looks = question.ask(memory, None);
        let looked: Vec<_> = block_on(looks.try_collect()).unwrap();
        let count = |all: usize, looked: &forewarm_registry::selection::Looked| {
            all + looked.chosen.len() + looked.left_out.len()
        };
        let seen = looked.iter().fold(0, count);
        assert_eq!(seen, REPOSITORIES * TAGS, "each artifact is chosen or left out with a reason");
        assert_eq!(looked.iter().map(|looked| looked.chosen.len()).sum::<usize>(), REPOSITORIES * TAGS / 2);
        looked
    };
    // What a registry holds is made before the clock runs, and what was found is dropped after it has stopped.
    let rounds = (0..ROUNDS).map(|_| Memory::new());
    rounds.map(|memory| cpu(|| round(&memory))).collect()
}

fn event() -> Vec<Duration> {
    let filters: Vec<Vec<Filter>> = (0..POLICIES).map(policy).collect();
    let policies = filters.iter().zip(1..).map(|(filters, id)| Indexed { id, namespace: "company", filters });
    let index = PolicyIndex::build(policies).unwrap();
    let tags = ["v1.2.3".to_owned(), "latest".to_owned()];
    let round = || {
        let found = index.candidates(black_box("company/team-42/web-42"), &tags);
        assert!(found.contains(&43), "{} policies match", found.len());
    };
    // The first look makes what the later ones use again.
    cpu(round);
    (0..ROUNDS).map(|_| cpu(round)).collect()
}

/// Every policy has patterns of its own.
fn policy(number: usize) -> Vec<Filter> {
    vec![
        Filter::Repository { pattern: format!("team-{number}/{{web,cart}}-*") },
        Filter::Tag { pattern: format!("v{}.*", number % 500) },
        Filter::Tag { pattern: "v*".to_owned() },
    ]
    .into_iter()
    .take(if number.is_multiple_of(2) { 1 } else { 3 })
    .collect()
}

/// CPU time of this process.
fn cpu<T>(work: impl FnOnce() -> T) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.cast_unsigned(), u32::try_from(time.tv_nsec).unwrap())
    };
    let start = now();
    let made = work();
    let time = now() - start;
    drop(made);
    time
}

/// A registry in memory, whose look-ups cost nothing. It hands everything out once.
struct Memory {
    repositories: Mutex<HashMap<String, Vec<Artifact>>>,
}

impl Memory {
    fn new() -> Self {
        let repository = |number: usize| {
            let name = format!("company/team-{}/web-{number}", number % 50);
            let artifacts = (0..TAGS).map(|tag| artifact(&name, number, tag)).collect();
            (name, artifacts)
        };
        Self { repositories: Mutex::new((0..REPOSITORIES).map(repository).collect()) }
    }
}

fn artifact(repository: &str, number: usize, tag: usize) -> Artifact {
    let digest = Digest::parse(&format!("sha256:{:064x}", number * TAGS + tag)).unwrap();
    let manifest = Manifest {
        digest: digest.clone(),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        platform: Some("linux/amd64".parse().unwrap()),
        size: None,
    };
    let scheme = Scheme::CosignTag;
    let severity = if tag.is_multiple_of(2) { Severity::Low } else { Severity::Critical };
    Artifact {
        repository: repository.to_owned(),
        digest,
        media_type: manifest.media_type.clone(),
        tags: vec![format!("v{tag}.0")],
        labels: vec!["team".to_owned(), "production".to_owned()],
        signatures: Some(vec![Signature { scheme, of_index: false }]),
        scan: Some(Scan::Worst(severity)),
        manifests: vec![manifest],
    }
}

#[async_trait]
impl Registry for Memory {
    async fn ping(&self) -> Result<String, RegistryError> {
        Ok("memory".to_owned())
    }

    async fn repositories(&self, _namespace: &str) -> Result<Vec<String>, RegistryError> {
        Ok(self.repositories.lock().unwrap().keys().cloned().collect())
    }

    async fn artifacts(&self, repository: &str, wanted: &Wanted<'_>) -> Result<Found, RegistryError> {
        let held = self.repositories.lock().unwrap().remove(repository);
        let mut found = Found::default();
        for mut artifact in held.into_iter().flatten() {
            match wanted.selector.tag(&artifact.tags[0]) {
                Ok(()) => found.artifacts.push(artifact),
                Err(why) => found.left_out.push((artifact.tags.remove(0), why)),
            }
        }
        Ok(found)
    }

    async fn artifact(
        &self,
        repository: &str,
        reference: &str,
        _wanted: &Wanted<'_>,
    ) -> Result<Artifact, RegistryError> {
        Err(RegistryError::NotFound(format!("{repository}@{reference}")))
    }

    async fn signatures(&self, _artifact: &Artifact) -> Result<Vec<Signature>, RegistryError> {
        Ok(vec![])
    }

    async fn scan(&self, _artifact: &Artifact, _bar: Severity) -> Result<Scan, RegistryError> {
        Ok(Scan::Unscanned("nobody scans".to_owned()))
    }

    async fn criteria(&self, _namespace: &str) -> Result<Option<Criteria>, RegistryError> {
        Ok(None)
    }

    async fn attached(&self, _repository: &str, _digest: &Digest) -> Result<Option<Attached>, RegistryError> {
        Ok(None)
    }

    async fn tags_of(
        &self,
        _repository: &str,
        _digest: &Digest,
        among: &[String],
    ) -> Result<Vec<String>, RegistryError> {
        Ok(among.to_vec())
    }

    async fn blobs(&self, _repository: &str, _manifest: &Digest) -> Result<Vec<Blob>, RegistryError> {
        Ok(vec![])
    }

    async fn pull_access(&self, _repository: &str) -> Result<Option<Secret>, RegistryError> {
        Ok(None)
    }
}
