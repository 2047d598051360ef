//! What is kept of old executions: so many of each policy, for so long.

use std::time::Duration;

use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::policy::Policy;
use forewarm_domain::trigger::{Start, Trigger};
use forewarm_store::executions::{Change, NewExecution};
use forewarm_store::outcome::Written;
use forewarm_store::policies::PolicyDraft;
use forewarm_store::projects::ProjectDraft;
use forewarm_store::retention::Retention;
use forewarm_worker::{Settings, Worker};

use crate::support::lab::Lab;
use crate::support::outbound::outbound;

const DAY: u64 = 24 * 60 * 60;

/// A lab with two policies, and a worker that keeps 3 executions of each, for 10 days.
struct Scene {
    lab: Lab,
    worker: Worker,
    policies: Vec<Policy>,
}

impl Scene {
    async fn start() -> Self {
        let lab = Lab::start().await;
        let retention = Retention { executions: 3, age: Duration::from_secs(10 * DAY) };
        let settings = Settings { retention, ..Settings::default() };
        let worker = Worker::new(lab.store.clone(), outbound(), settings);
        let registry = lab.registry("hub", "http://registry.test").await;
        let project = ProjectDraft {
            name: "shop".to_owned(),
            description: String::new(),
            registry_id: registry.id,
            namespace: "shop".to_owned(),
            criteria: ProjectCriteria::default(),
        };
        let project = done(lab.store.projects().create(&project).await.unwrap());
        let mut policies = Vec::new();
        for name in ["daily", "weekly"] {
            policies.push(done(lab.store.policies().create(project.id, &draft(name)).await.unwrap()));
        }
        Self { lab, worker, policies }
    }

    /// Starts executions, of a policy or without one, without ending them.
    async fn begin(&self, policy: Option<&Policy>, count: usize) -> Vec<i64> {
        let registry = self.lab.store.registries().get("hub").await.unwrap().unwrap();
        let mut ids = Vec::new();
        for _ in 0..count {
            let new = NewExecution {
                policy: policy.map(|policy| (policy.id, policy.name.clone())),
                project: None,
                start: Start::Manual,
                scheduled_for: None,
                event_id: None,
                spec: Lab::images(&registry, &[("shop/web", "v1")], &[]),
                origin: OriginAccess::default(),
                warnings: vec![],
            };
            ids.push(self.lab.store.executions().start(&new).await.unwrap().id);
        }
        ids
    }

    /// Starts executions and ends them.
    async fn run(&self, policy: Option<&Policy>, count: usize) -> Vec<i64> {
        let ids = self.begin(policy, count).await;
        for id in &ids {
            assert_eq!(self.lab.store.executions().stop(*id).await.unwrap(), Change::Done);
        }
        ids
    }

    async fn days_pass(&self, days: u64) {
        self.lab.advance(days * DAY);
    }

    /// Ids of what is left after a round.
    async fn left(&self) -> Vec<i64> {
        self.worker.prune_executions().await;
        self.ids("SELECT id FROM executions ORDER BY id").await
    }

    async fn ids(&self, statement: &'static str) -> Vec<i64> {
        sqlx::query_scalar(statement).fetch_all(self.lab.store.pool()).await.unwrap()
    }

    /// Gives an execution tasks with a line of log each, without the work that makes them.
    async fn add_tasks(&self, execution_id: i64, count: i64) {
        let tasks = "WITH made AS (
                INSERT INTO tasks (execution_id, ordinal, instance, vendor, digest, max_attempts, timeout_seconds, status,
                                   ended_at)
                SELECT $1, n, 'edge', 'mirror', 'sha256:' || n, 1, 60, 'success', now() FROM generate_series(1, $2) AS n
                RETURNING id)
            INSERT INTO task_logs (task_id, n, attempt, lines)
            SELECT id, 1, 1, '[{\"at\": \"2026-03-01T12:00:00Z\", \"level\": \"info\", \"message\": \"warm\"}]' FROM made";
        let added = sqlx::query(tasks).bind(execution_id).bind(count);
        added.execute(self.lab.store.pool()).await.unwrap();
    }
}

fn draft(name: &str) -> PolicyDraft {
    PolicyDraft {
        name: name.to_owned(),
        description: String::new(),
        enabled: true,
        filters: vec![],
        trigger: Trigger::Manual,
        options: PreheatOptions::default(),
        access: OriginAccess::default(),
        instance_ids: vec![],
        skip_if_warm: None,
        max_attempts: 5,
        texts: None,
    }
}

fn done<T>(written: Written<T>) -> T {
    match written {
        Written::Done(row) => row,
        _ => panic!("the row could not be written"),
    }
}

#[tokio::test]
async fn the_newest_executions_of_each_policy_are_kept() {
    let scene = Scene::start().await;
    let daily = scene.run(Some(&scene.policies[0]), 5).await;
    let weekly = scene.run(Some(&scene.policies[1]), 2).await;
    let without = scene.run(None, 5).await;

    assert_eq!(scene.left().await, [&daily[2..], &weekly, &without].concat());
}

#[tokio::test]
async fn nothing_that_ended_too_long_ago_is_kept_with_a_policy_or_without() {
    let scene = Scene::start().await;
    scene.run(Some(&scene.policies[0]), 1).await;
    scene.run(None, 1).await;
    scene.days_pass(6).await;
    let mut young = scene.run(Some(&scene.policies[0]), 1).await;
    young.extend(scene.run(None, 1).await);
    assert_eq!(scene.left().await.len(), 4);

    scene.days_pass(5).await;
    assert_eq!(scene.left().await, young);
}

#[tokio::test]
async fn what_has_not_ended_is_kept_however_old_it_is_and_counts_among_the_newest() {
    let scene = Scene::start().await;
    let open = scene.begin(Some(&scene.policies[0]), 1).await;
    scene.days_pass(20).await;
    let ended = scene.run(Some(&scene.policies[0]), 2).await;
    let running = scene.begin(Some(&scene.policies[0]), 2).await;

    assert_eq!(scene.left().await, [&open, &ended[1..], &running].concat());
}

#[tokio::test]
async fn tasks_and_their_logs_go_with_their_execution_however_many_there_are() {
    let scene = Scene::start().await;
    let old = scene.run(Some(&scene.policies[0]), 1).await[0];
    let kept = scene.run(Some(&scene.policies[0]), 3).await;
    // More than two transactions take.
    scene.add_tasks(old, 10_001).await;
    scene.add_tasks(kept[0], 2).await;

    assert_eq!(scene.left().await, kept);
    let of_kept = "SELECT DISTINCT execution_id FROM tasks JOIN task_logs ON task_id = tasks.id";
    assert_eq!(scene.ids(of_kept).await, kept[..1]);
    assert_eq!(scene.ids("SELECT count(*) FROM task_logs").await, [2]);
}

#[tokio::test]
async fn more_executions_than_a_transaction_takes_go_in_one_round() {
    let scene = Scene::start().await;
    let ids = scene.run(Some(&scene.policies[0]), 64).await;
    assert_eq!(scene.left().await, ids[61..]);
}

#[tokio::test]
async fn of_several_processes_one_prunes() {
    let scene = Scene::start().await;
    scene.run(Some(&scene.policies[0]), 5).await;
    let mut other = scene.lab.store.pool().begin().await.unwrap();
    let lock = "SELECT pg_advisory_xact_lock(x'666f72657072756e'::bigint)";
    sqlx::query(lock).execute(&mut *other).await.unwrap();
    assert_eq!(scene.left().await.len(), 5);

    other.rollback().await.unwrap();
    assert_eq!(scene.left().await.len(), 3);
}

#[tokio::test]
async fn old_changes_of_health_go_but_the_last_one_stays() {
    let scene = Scene::start().await;
    let registry = scene.lab.store.registries().get("hub").await.unwrap().unwrap();
    let watched = forewarm_store::health::Watched::Registry(registry.id);
    for answer in [Ok("here".to_owned()), Err("gone".to_owned()), Ok("here".to_owned())] {
        let found = forewarm_domain::health::Health::found(answer, Duration::ZERO, scene.lab.clock.now());
        scene.lab.store.health().record(watched, registry.updated_at, &found).await.unwrap();
        scene.days_pass(6).await;
    }
    scene.worker.prune_executions().await;
    assert_eq!(scene.ids("SELECT count(*) FROM health_changes").await, [1]);
    scene.days_pass(100).await;
    scene.worker.prune_executions().await;
    assert_eq!(scene.ids("SELECT count(*) FROM health_changes").await, [1]);
}
