//! The worker's promises: what is warm is said to be warm, nothing is asked twice, nothing is lost.

mod durability;
mod failures;
mod selection;
mod together;
mod windows;

use forewarm_domain::execution::Work;
use forewarm_domain::filter::Filter;
use forewarm_domain::instance::Instance;
use forewarm_domain::registry::Registry;
use forewarm_domain::status::Status;
use forewarm_domain::task::Proof;
use forewarm_fake::dragonfly::{Cluster, Dragonfly, Knobs};
use forewarm_fake::registry::{ImageSpec, Registry as FakeRegistry};
use forewarm_fake::{Fault, registry};
use forewarm_store::executions::Change;

use crate::support::lab::Lab;

/// A lab with a filled registry and a Dragonfly.
struct Scene {
    lab: Lab,
    images: FakeRegistry,
    engine: Dragonfly,
    registry: Registry,
    instance: Instance,
}

impl Scene {
    async fn start() -> Self {
        Self::with(Knobs::default(), |_| {}).await
    }

    async fn with(knobs: Knobs, adjust: impl FnOnce(&mut forewarm_store::instances::InstanceDraft)) -> Self {
        let lab = Lab::start().await;
        let images = FakeRegistry::start().await.unwrap();
        let engine = Dragonfly::start_with(Knobs { clock: lab.clock.clone(), ..knobs }).await.unwrap();
        let registry = lab.registry("hub", &images.url()).await;
        let mut draft = Lab::draft("dragonfly", "dragonfly", &engine.url());
        adjust(&mut draft);
        let instance = lab.instance(draft).await;
        Self { lab, images, engine, registry, instance }
    }

    async fn execute(&self, filters: Vec<Filter>) -> i64 {
        self.lab.execute(Lab::select(&self.registry, filters, &[&self.instance])).await
    }

    /// POSTs of jobs that reached the engine.
    fn submissions(&self) -> usize {
        self.engine.recorder().count("POST", "/oapi/v1/jobs")
    }
}

fn repository(pattern: &str) -> Filter {
    Filter::Repository { pattern: pattern.to_owned() }
}

fn tag(pattern: &str) -> Filter {
    Filter::Tag { pattern: pattern.to_owned() }
}
