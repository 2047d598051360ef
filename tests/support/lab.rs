//! A worker on a database of its own and on a clock that the test moves: no sleeps, no queue processes.

use std::time::Duration;

use chrono::{DateTime, TimeZone, Utc};
use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::execution::{Execution, ImageRef, InstanceRef, Selection, Spec, Work};
use forewarm_domain::filter::Filter;
use forewarm_domain::instance::{Instance, InstanceSettings};
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::registry::Registry;
use forewarm_domain::task::Task;
use forewarm_domain::trigger::Start;
use forewarm_fake::clock::Clock;
use forewarm_store::executions::NewExecution;
use forewarm_store::instances::InstanceDraft;
use forewarm_store::outcome::Written;
use forewarm_store::registries::RegistryDraft;
use forewarm_store::{Clock as StoreClock, Store};
use forewarm_worker::{Settings, Worker};

use super::keys::keys;
use super::outbound::outbound;
use super::postgres::{Database, database};

/// More steps than any test needs; a queue that never runs dry is a bug.
const MAX_STEPS: usize = 20_000;

pub struct Lab {
    pub clock: Clock,
    pub store: Store,
    pub worker: Worker,
    pub database: Database,
}

impl Lab {
    pub async fn start() -> Self {
        let clock = Clock::manual(Utc.with_ymd_and_hms(2026, 3, 1, 12, 0, 0).unwrap());
        let now = clock.clone();
        Self::with(clock, StoreClock::manual(move || now.now())).await
    }

    /// On the clock of the real world, for tests with processes of their own.
    pub async fn in_real_time() -> Self {
        Self::with(Clock::real(), StoreClock::database()).await
    }

    async fn with(clock: Clock, store_clock: StoreClock) -> Self {
        let database = database().await;
        let store = Store::new(database.pool().await, store_clock).with_keys(keys());
        let worker = Worker::new(store.clone(), outbound(), Settings::default());
        Self { clock, store, worker, database }
    }

    pub async fn registry(&self, name: &str, url: &str) -> Registry {
        self.registry_of("oci", name, url, Auth::None).await
    }

    pub async fn registry_of(&self, kind: &str, name: &str, url: &str, auth: Auth) -> Registry {
        let draft = RegistryDraft {
            name: name.to_owned(),
            kind: kind.to_owned(),
            description: String::new(),
            url: url.parse().unwrap(),
            auth,
            insecure_tls: false,
            repositories: vec![],
            event_secrets: vec![],
            watch_interval_seconds: None,
        };
        done(self.store.registries().create(&draft).await.unwrap())
    }

    /// A draft to adjust and hand to [`Lab::instance`].
    pub fn draft(name: &str, vendor: &str, url: &str) -> InstanceDraft {
        let auth = match vendor {
            "dragonfly" => Auth::Bearer { token: Secret::new(forewarm_fake::dragonfly::TEST_TOKEN) },
            _ => Auth::None,
        };
        InstanceDraft {
            name: name.to_owned(),
            vendor: vendor.to_owned(),
            description: String::new(),
            endpoint: url.parse().unwrap(),
            auth,
            insecure_tls: false,
            enabled: true,
            is_default: false,
            settings: InstanceSettings::default(),
            max_in_flight: 1000,
            submits_per_second: None,
        }
    }

    pub async fn instance(&self, draft: InstanceDraft) -> Instance {
        done(self.store.instances().create(&draft).await.unwrap())
    }

    /// Runs everything of a registry that passes the filters, without a policy row in between.
    pub fn select(registry: &Registry, filters: Vec<Filter>, instances: &[&Instance]) -> Spec {
        let selection = Selection {
            registry_id: registry.id,
            namespace: String::new(),
            filters,
            criteria: ProjectCriteria::default(),
            only: None,
        };
        let work = Work::Policy(selection);
        Self::spec(work, instances)
    }

    pub fn images(registry: &Registry, images: &[(&str, &str)], instances: &[&Instance]) -> Spec {
        let image = |(repository, reference): &(&str, &str)| ImageRef {
            registry_id: registry.id,
            repository: (*repository).to_owned(),
            reference: (*reference).to_owned(),
        };
        Self::spec(Work::Images { images: images.iter().map(image).collect() }, instances)
    }

    pub fn spec(work: Work, instances: &[&Instance]) -> Spec {
        let instances = instances
            .iter()
            .map(|instance| InstanceRef { id: instance.id, name: instance.name.clone() })
            .collect();
        Spec { work, instances, options: PreheatOptions::default(), max_attempts: 5, skip_if_warm: false }
    }

    pub async fn execute(&self, spec: Spec) -> i64 {
        self.execute_with(spec, OriginAccess::default()).await
    }

    pub async fn execute_with(&self, spec: Spec, origin: OriginAccess) -> i64 {
        let new = NewExecution {
            policy: None,
            project: None,
            start: Start::Manual,
            scheduled_for: None,
            event_id: None,
            spec,
            origin,
            warnings: vec![],
        };
        self.store.executions().start(&new).await.unwrap().id
    }

    /// Does everything that is due now; time stands still.
    pub async fn run_due(&self) {
        for _ in 0..MAX_STEPS {
            if !self.worker.run_one().await {
                return;
            }
        }
        panic!("the queue never runs dry");
    }

    /// Does everything, moving the clock to whatever is due next, until nothing is left to do.
    pub async fn run_dry(&self) {
        for _ in 0..MAX_STEPS {
            self.run_due().await;
            match self.store.next_job_due().await.unwrap() {
                Some(due) => self.advance_to(due),
                None => return,
            }
        }
        panic!("the queue never runs dry");
    }

    pub fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    fn advance_to(&self, due: DateTime<Utc>) {
        self.clock.advance((due - self.clock.now()).to_std().unwrap_or_default() + Duration::from_millis(1));
    }

    pub async fn execution(&self, id: i64) -> Execution {
        self.store.executions().get(id).await.unwrap().unwrap()
    }

    pub async fn tasks(&self, execution_id: i64) -> Vec<Task> {
        self.store.tasks().list(execution_id, None, 10_000, 0).await.unwrap().0
    }

    /// All lines of a task's log.
    pub async fn log(&self, task_id: i64) -> Vec<String> {
        let lines = self.store.task_log(task_id, 0, 10_000).await.unwrap();
        let numbers: Vec<i64> = lines.iter().map(|line| line.n).collect();
        assert_eq!(numbers, (1..=lines.len() as i64).collect::<Vec<_>>(), "the log has no gaps");
        lines.into_iter().map(|line| line.message).collect()
    }
}

fn done<T>(written: Written<T>) -> T {
    match written {
        Written::Done(row) => row,
        _ => panic!("the row could not be written"),
    }
}
