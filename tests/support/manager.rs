//! A fake Dragonfly manager, a registry with one image of three blobs, and the task that brings them together.

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::instance::Instance;
use forewarm_domain::task_log::TaskLog;
use forewarm_fake::dragonfly::{Dragonfly, Knobs, TEST_TOKEN};
use forewarm_fake::registry::{ImageSpec, Pushed, Registry};
use forewarm_provider::{Outcome, Preheat, Progress, Provider, ProviderError, Subject};
use serde_json::Value;

use super::preheats::{connect, image, instance, log, preheat};

pub struct Rig {
    pub dragonfly: Dragonfly,
    pub registry: Registry,
    pub pushed: Pushed,
    pub provider: Arc<dyn Provider>,
    pub task: Preheat,
    pub log: TaskLog,
}

impl Rig {
    pub async fn start() -> Self {
        Self::with(Knobs::default()).await
    }

    pub async fn with(knobs: Knobs) -> Self {
        let dragonfly = Dragonfly::start_with(knobs).await.unwrap();
        let registry = Registry::start().await.unwrap();
        let spec = ImageSpec::default().layer_of("a", 2000).layer_of("b", 3000);
        let pushed = registry.push_image("shop/cart", "v1", spec);
        Self {
            task: preheat(Subject::Image(image(&registry, &pushed))),
            provider: connect(&manager(&dragonfly.url(), TEST_TOKEN)),
            dragonfly,
            registry,
            pushed,
            log: log(),
        }
    }

    /// The task's clock is the manager's.
    pub fn now(&mut self) {
        self.task.now = self.dragonfly.clock().now();
    }

    pub async fn try_submit(&mut self) -> Result<Progress, ProviderError> {
        self.now();
        self.task.submitted_at = Some(self.task.now);
        self.provider.preheat(&self.task, &self.log).await
    }

    pub async fn submit(&mut self) -> Progress {
        self.try_submit().await.unwrap()
    }

    /// Looks at job 1 this long after its submission.
    pub async fn look_at(&mut self, seconds: u64) -> Progress {
        let due = self.task.submitted_at.unwrap() + TimeDelta::seconds(i64::try_from(seconds).unwrap());
        let wait = due - self.dragonfly.clock().now();
        self.dragonfly.clock().advance(wait.to_std().unwrap_or_default());
        self.look().await.unwrap()
    }

    pub async fn look(&mut self) -> Result<Progress, ProviderError> {
        self.now();
        self.provider.progress(&self.task, Some("1"), &self.log).await
    }

    pub async fn find(&mut self) -> Result<Option<Progress>, ProviderError> {
        self.now();
        self.provider.find(&self.task, &self.log).await
    }

    /// Looks for the job when the manager has had all the time that it can need to make it.
    pub async fn find_later(&mut self) -> Option<Progress> {
        self.dragonfly.clock().advance(Duration::from_secs(160));
        self.find().await.unwrap()
    }

    /// Submits and follows the poll plan to the end; answers how long that took.
    pub async fn run(&mut self) -> (Progress, Duration) {
        let mut progress = self.submit().await;
        let mut waited = Duration::ZERO;
        while let Outcome::Running { check_in, .. } = progress.outcome {
            waited += check_in;
            self.dragonfly.clock().advance(check_in);
            progress = self.look().await.unwrap();
        }
        (progress, waited)
    }

    /// The body of the only POST.
    pub fn asked(&self) -> Value {
        let posts = self.dragonfly.recorder().matching("POST", "/oapi/v1/jobs");
        assert_eq!(posts.len(), 1);
        posts[0].json().unwrap()
    }

    pub fn posts(&self) -> usize {
        self.dragonfly.recorder().count("POST", "/oapi/v1/jobs")
    }

    pub fn looks(&self) -> usize {
        self.dragonfly.recorder().count("GET", "/oapi/v1/jobs/")
    }

    /// The address of a blob as the manager writes it.
    pub fn blob_url(&self, index: usize) -> String {
        let (registry, digest) = (self.registry.url(), &self.pushed.blobs[index]);
        format!("{registry}/v2/shop/cart/blobs/{digest}")
    }
}

/// An instance of a manager at this address.
pub fn manager(endpoint: &str, token: &str) -> Instance {
    Instance { auth: Auth::Bearer { token: Secret::new(token) }, ..instance("dragonfly", endpoint) }
}
