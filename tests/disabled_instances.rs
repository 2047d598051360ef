//! Instances that are not to be used, and the one that is used when none is named.

use forewarm_domain::execution::Spec;
use forewarm_domain::instance::Instance;
use forewarm_domain::registry::Registry;
use forewarm_domain::status::Status;
use forewarm_fake::dragonfly::{Dragonfly, Knobs};
use forewarm_fake::registry::Registry as FakeRegistry;
use forewarm_store::executions::Change;
use forewarm_store::instances::InstanceDraft;
use forewarm_store::outcome::Written;
use serde_json::{Value, json};

use crate::support::app::TestApp;
use crate::support::lab::Lab;

const POLICIES: &str = "/api/v1/projects/shop/policies";

/// A lab with images, a Dragonfly `seeds` and a mirror `edge`.
struct Scene {
    lab: Lab,
    images: FakeRegistry,
    engine: Dragonfly,
    registry: Registry,
    draft: InstanceDraft,
    seeds: Instance,
    edge: Instance,
}

impl Scene {
    async fn start(adjust: impl FnOnce(&mut InstanceDraft)) -> Self {
        let lab = Lab::start().await;
        let images = FakeRegistry::start().await.unwrap();
        images.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3"]);
        let engine = Dragonfly::start_with(Knobs::from(lab.clock.clone())).await.unwrap();
        let registry = lab.registry("hub", &images.url()).await;
        let mut draft = Lab::draft("seeds", "dragonfly", &engine.url());
        adjust(&mut draft);
        let seeds = lab.instance(draft.clone()).await;
        let edge = lab.instance(Lab::draft("edge", "mirror", &images.url())).await;
        Self { lab, images, engine, registry, draft, seeds, edge }
    }

    fn everything_to(&self, instances: &[&Instance]) -> Spec {
        Lab::select(&self.registry, vec![], instances)
    }

    async fn set_enabled(&self, enabled: bool) {
        let draft = InstanceDraft { enabled, ..self.draft.clone() };
        let changed = self.lab.store.instances().update(self.seeds.id, &draft).await.unwrap();
        assert!(matches!(changed, Written::Done(_)));
    }

    /// The status and message of each task on `seeds`.
    async fn tasks_on_seeds(&self, execution: i64) -> Vec<(Status, String)> {
        let tasks = self.lab.tasks(execution).await.into_iter().filter(|task| task.instance == "seeds");
        tasks.map(|task| (task.status, task.message)).collect()
    }

    fn submissions(&self) -> usize {
        self.engine.recorder().count("POST", "/oapi/v1/jobs")
    }
}

fn disabled() -> (Status, String) {
    (Status::Stopped, "instance 'seeds' is disabled".to_owned())
}

#[tokio::test]
async fn the_tasks_of_a_disabled_instance_are_stopped_and_a_retry_runs_them_once_it_is_enabled() {
    let scene = Scene::start(|draft| draft.enabled = false).await;
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds, &scene.edge])).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(
        (execution.status, execution.counts.success, execution.counts.stopped),
        (Status::Stopped, 3, 3)
    );
    assert_eq!(execution.warnings, ["instance 'seeds' is disabled and gets nothing"]);
    assert_eq!(scene.tasks_on_seeds(id).await, vec![disabled(); 3]);
    assert_eq!(scene.submissions(), 0);
    let reads = scene.images.recorder().requests().len();

    scene.set_enabled(true).await;
    assert_eq!(scene.lab.store.executions().retry(id).await.unwrap(), Change::Done);
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.success), (Status::Success, 6), "{}", execution.message);
    assert_eq!(scene.submissions(), 3, "only those that were stopped");
    assert!(scene.images.recorder().requests().len() > reads);
    let tasks = scene.lab.tasks(id).await;
    for task in tasks.iter().filter(|task| task.instance == "seeds") {
        assert_eq!(task.attempt, 1);
        assert_eq!(scene.lab.log(task.id).await[0], disabled().1, "the history is kept");
    }
}

#[tokio::test]
async fn a_retry_while_the_instance_is_still_disabled_stops_the_tasks_again() {
    let scene = Scene::start(|draft| draft.enabled = false).await;
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds, &scene.edge])).await;
    scene.lab.run_dry().await;

    scene.lab.store.executions().retry(id).await.unwrap();
    scene.lab.run_dry().await;

    assert_eq!(scene.tasks_on_seeds(id).await, vec![disabled(); 3]);
    assert_eq!(scene.submissions(), 0);
    assert!(scene.lab.tasks(id).await.iter().all(|task| task.instance != "seeds" || task.attempt == 0));
}

#[tokio::test]
async fn without_any_enabled_instance_the_execution_ends_in_error() {
    let scene = Scene::start(|draft| draft.enabled = false).await;
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds])).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.total()), (Status::Error, 0));
    assert_eq!(execution.message, "no instance to preheat to: instance 'seeds' is disabled and gets nothing");
}

#[tokio::test]
async fn disabling_stops_what_waits_at_once_and_follows_what_the_engine_has() {
    let scene = Scene::start(|draft| draft.max_in_flight = 1).await;
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds])).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1);

    scene.set_enabled(false).await;

    let tasks = scene.tasks_on_seeds(id).await;
    assert_eq!(tasks.iter().filter(|task| **task == disabled()).count(), 2, "{tasks:?}");
    assert_eq!(scene.lab.execution(id).await.counts.running, 1);
    scene.lab.run_dry().await;
    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.success), (Status::Stopped, 1));
    assert_eq!(execution.message, "2 of 3 tasks stopped");
    assert_eq!(scene.submissions(), 1);
}

#[tokio::test]
async fn an_execution_that_only_waits_ends_when_its_instance_is_disabled() {
    let scene = Scene::start(|_| {}).await;
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds])).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");

    scene.set_enabled(false).await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.stopped), (Status::Stopped, 3));
    assert!(execution.ended_at.is_some());
    scene.lab.run_dry().await;
    assert_eq!(scene.submissions(), 0);
}

#[tokio::test]
async fn a_task_whose_turn_comes_after_its_instance_was_disabled_is_stopped_then() {
    let scene = Scene::start(|_| {}).await;
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds])).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    // As when an expansion writes tasks in the moment in which the instance is disabled.
    sqlx::query("UPDATE instances SET enabled = false").execute(scene.lab.store.pool()).await.unwrap();

    scene.lab.run_dry().await;

    assert_eq!(scene.tasks_on_seeds(id).await, vec![disabled(); 3]);
    assert_eq!(scene.submissions(), 0);
    let tasks = scene.lab.tasks(id).await;
    assert_eq!(tasks[0].attempt, 0, "nothing was tried");
    assert_eq!(scene.lab.log(tasks[0].id).await, [disabled().1]);
}

#[tokio::test]
async fn a_question_whose_answer_was_lost_is_followed_up_though_the_instance_is_disabled() {
    let scene = Scene::start(|draft| draft.max_in_flight = 1).await;
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(forewarm_fake::Fault::DropAfter);
    let id = scene.lab.execute(scene.everything_to(&[&scene.seeds])).await;
    scene.lab.run_due().await;

    scene.set_enabled(false).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.counts.success, 1, "the engine had the job: it was adopted");
    assert_eq!(scene.submissions(), 1);
}

fn policy() -> Value {
    json!({ "name": "nightly", "filters": [{ "type": "repository", "pattern": "web" }] })
}

#[tokio::test]
async fn a_policy_that_names_no_instance_goes_to_the_default_one() {
    let app = TestApp::start().await;
    app.furnish().await;
    let refused = app.post(POLICIES, &policy()).await;
    assert_eq!(refused.status, 400);
    assert_eq!(refused.complaints(), "instances: name one: there is no default instance");

    let mut edge = app.get("/api/v1/instances/edge").await.json();
    edge["default"] = json!(true);
    assert_eq!(app.put("/api/v1/instances/edge", &edge).await.status, 200);
    app.create(POLICIES, &policy()).await;
    let id = app.act(&format!("{POLICIES}/nightly/executions")).await.json()["id"].as_i64().unwrap();

    let (spec, _) = app.store.executions().plan(id).await.unwrap().unwrap();
    let names: Vec<&str> = spec.instances.iter().map(|instance| instance.name.as_str()).collect();
    assert_eq!(names, ["edge"]);

    // There is one at most: another takes its place.
    let mut dragonfly = app.get("/api/v1/instances/dragonfly").await.json();
    dragonfly["default"] = json!(true);
    assert_eq!(app.put("/api/v1/instances/dragonfly", &dragonfly).await.status, 200);
    assert_eq!(app.get("/api/v1/instances/edge").await.json()["default"], json!(false));
}

#[tokio::test]
async fn a_run_of_its_own_without_a_default_instance_ends_in_error() {
    let scene = Scene::start(|_| {}).await;
    let id = scene.lab.execute(scene.everything_to(&[])).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Error);
    let message = "no instance to preheat to: the policy names none, and there is no default instance";
    assert!(execution.message.starts_with(message), "{}", execution.message);
}
