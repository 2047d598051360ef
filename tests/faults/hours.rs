//! The same without processes, on a clock that the test moves: for faults that last for hours.

use std::time::Duration;

use forewarm_domain::instance::Instance;
use forewarm_domain::registry::Registry;
use forewarm_fake::dragonfly::{Dragonfly, Knobs};
use forewarm_fake::registry::{Pushed, Registry as FakeRegistry};

use super::checker::{self, Case, Verdict};
use crate::support::lab::Lab;

const INSTANCE: &str = "dragonfly";

pub struct Hours {
    pub lab: Lab,
    pub images: FakeRegistry,
    pub engine: Dragonfly,
    pub executions: Vec<i64>,
    pushed: Vec<Pushed>,
    registry: Registry,
    instance: Instance,
}

impl Hours {
    /// One execution of this many images has begun, and not a step of it is done.
    pub async fn start(images: usize) -> Self {
        Self::with(images, Knobs::default()).await
    }

    pub async fn with(images: usize, knobs: Knobs) -> Self {
        Self::set(images, knobs, None).await
    }

    /// The engine has so many seconds for each task.
    pub async fn patient(images: usize, seconds: u32) -> Self {
        Self::set(images, Knobs::default(), Some(seconds)).await
    }

    async fn set(images: usize, knobs: Knobs, seconds: Option<u32>) -> Self {
        let lab = Lab::start().await;
        checker::watch(&lab.database.url).await;
        let names: Vec<String> = (0..images).map(|i| format!("shop/app:v{i}")).collect();
        let images = FakeRegistry::start().await.unwrap();
        let pushed = images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
        let engine = Dragonfly::start_with(Knobs { clock: lab.clock.clone(), ..knobs }).await.unwrap();
        let registry = lab.registry("hub", &images.url()).await;
        let instance = lab.instance(Lab::draft(INSTANCE, "dragonfly", &engine.url())).await;
        let mut hours = Self { lab, images, engine, executions: vec![], pushed, registry, instance };
        let mut spec = Lab::select(&hours.registry, vec![], &[&hours.instance]);
        spec.options.timeout_seconds = seconds;
        let id = hours.lab.execute(spec).await;
        hours.executions.push(id);
        hours
    }

    /// Does what is due within this time, each thing when it is due; then it is so much later.
    pub async fn run_for(&self, time: Duration) {
        let end = self.lab.clock.now() + time;
        loop {
            self.lab.run_due().await;
            let due = self.lab.store.next_job_due().await.unwrap().filter(|due| *due < end);
            let until = due.unwrap_or(end) - self.lab.clock.now();
            self.lab.clock.advance(until.to_std().unwrap_or_default() + Duration::from_millis(1));
            if due.is_none() {
                return;
            }
        }
    }

    /// Does everything that is left to do, however late.
    pub async fn run_dry(&self) {
        self.lab.run_dry().await;
        self.lab.worker.sweep().await;
        self.lab.run_dry().await;
    }

    pub async fn verdict(&self, all_succeed: bool) -> Verdict {
        self.case(all_succeed).judge(&[]).await
    }

    pub fn case(&self, all_succeed: bool) -> Case<'_> {
        Case {
            database: &self.lab.database.url,
            registry: self.images.url(),
            images: &self.pushed,
            engines: vec![(INSTANCE, &self.engine)],
            executions: &self.executions,
            all_succeed,
        }
    }
}
