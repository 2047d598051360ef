//! What is known to be warm: proven by tasks, relied on for a while, asked for over the API.

mod answers;
mod forgetting;
mod skipping;

use forewarm_domain::filter::Filter;
use forewarm_domain::instance::Instance;
use forewarm_domain::registry::Registry;
use forewarm_domain::status::Status;
use forewarm_domain::task::{Proof, Task};
use forewarm_fake::dragonfly::{Dragonfly, Knobs};
use forewarm_fake::registry::Registry as FakeRegistry;
use forewarm_store::instances::InstanceDraft;
use forewarm_store::outcome::Written;

use crate::support::lab::Lab;

const HOUR: u64 = 3600;

/// A lab with an image `shop/web:v1`, and a Dragonfly, whose cache keeps things for six hours.
struct Scene {
    lab: Lab,
    images: FakeRegistry,
    engine: Dragonfly,
    registry: Registry,
    draft: InstanceDraft,
    instance: Instance,
}

impl Scene {
    async fn start() -> Self {
        let lab = Lab::start().await;
        let images = FakeRegistry::start().await.unwrap();
        images.holds(&["shop/web:v1"]);
        let engine = Dragonfly::start_with(Knobs::from(lab.clock.clone())).await.unwrap();
        let registry = lab.registry("hub", &images.url()).await;
        let draft = Lab::draft("seeds", "dragonfly", &engine.url());
        let instance = lab.instance(draft.clone()).await;
        Self { lab, images, engine, registry, draft, instance }
    }

    /// A run by hand, which preheats whatever is warm.
    async fn preheat(&self) -> i64 {
        self.run(&[&self.instance], vec![], false).await
    }

    /// A run that leaves out what is warm.
    async fn preheat_cold(&self) -> i64 {
        self.run(&[&self.instance], vec![], true).await
    }

    async fn run(&self, instances: &[&Instance], filters: Vec<Filter>, skip_if_warm: bool) -> i64 {
        let mut spec = Lab::select(&self.registry, filters, instances);
        spec.skip_if_warm = skip_if_warm;
        let id = self.lab.execute(spec).await;
        self.lab.run_dry().await;
        id
    }

    async fn change(&self, draft: &InstanceDraft) {
        let changed = self.lab.store.instances().update(self.instance.id, draft).await.unwrap();
        assert!(matches!(changed, Written::Done(_)));
    }

    /// POSTs of jobs that reached the engine.
    fn submissions(&self) -> usize {
        self.engine.recorder().count("POST", "/oapi/v1/jobs")
    }

    async fn rows(&self) -> i64 {
        sqlx::query_scalar("SELECT count(*) FROM warm").fetch_one(self.lab.store.pool()).await.unwrap()
    }

    async fn only_task(&self, execution: i64) -> Task {
        let mut tasks = self.lab.tasks(execution).await;
        assert_eq!(tasks.len(), 1, "{tasks:#?}");
        tasks.remove(0)
    }
}
