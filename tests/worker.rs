//! The worker's promises: what is warm is said to be warm, nothing is asked twice, nothing is lost.

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

#[tokio::test]
async fn only_matching_artifacts_are_preheated_and_proven_warm() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2", "shop/web:latest", "shop/db:v1"]);

    let id = scene.execute(vec![repository("shop/web"), tag("v*")]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success, "{}", execution.message);
    assert_eq!(execution.counts.success, 2);
    let tasks = scene.lab.tasks(id).await;
    assert!(tasks.iter().all(|task| task.proof == Some(Proof::BlobsPresent)), "{tasks:#?}");
    assert_eq!(scene.submissions(), 2);
}

#[tokio::test]
async fn every_step_of_a_task_is_in_its_log() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let log = scene.lab.log(scene.lab.tasks(id).await[0].id).await.join("\n");
    for word in ["attempt 1 of 5", "blobs", "/v2/shop/web/manifests/sha256:", "success"] {
        assert!(log.contains(word), "'{word}' is missing in:\n{log}");
    }
}

#[tokio::test]
async fn nothing_matching_is_a_success_that_says_so() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);

    let id = scene.execute(vec![tag("nothing-like-this")]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success);
    assert_eq!(execution.message, "no artifact matched; left out: 1 by tag");
}

#[tokio::test]
async fn each_platform_of_an_index_is_a_task_and_attestations_are_none() {
    let scene = Scene::start().await;
    let index = scene.images.push_index("shop/web", "v1", &["linux/amd64", "linux/arm64"], true);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let tasks = scene.lab.tasks(id).await;
    let mut digests: Vec<String> = tasks.iter().map(digest_of).collect();
    digests.sort();
    let mut children: Vec<String> = ["linux/amd64", "linux/arm64"]
        .iter()
        .map(|platform| index.child(platform).unwrap().digest.clone())
        .collect();
    children.sort();
    assert_eq!(digests, children);
}

#[tokio::test]
async fn an_unwanted_platform_is_left_out() {
    let scene = Scene::start().await;
    let index = scene.images.push_index("shop/web", "v1", &["linux/amd64", "linux/arm64"], false);

    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.options.platforms = vec!["linux/arm64".parse().unwrap()];
    let id = scene.lab.execute(spec).await;
    scene.lab.run_dry().await;

    let tasks = scene.lab.tasks(id).await;
    assert_eq!(tasks.len(), 1);
    assert_eq!(digest_of(&tasks[0]), index.child("linux/arm64").unwrap().digest);
}

#[tokio::test]
async fn tags_that_share_a_digest_are_one_task_that_names_them_all() {
    let scene = Scene::start().await;
    for tag in ["v1", "latest"] {
        scene.images.push_image("shop/web", tag, ImageSpec::of("linux/amd64").layer_of("same", 10));
    }

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let tasks = scene.lab.tasks(id).await;
    assert_eq!(tasks.len(), 1);
    let forewarm_domain::task::Target::Image(image) = &tasks[0].target else { panic!("an image") };
    assert_eq!(image.tags, ["latest", "v1"]);
}

#[tokio::test]
async fn a_label_filter_reads_the_labels_of_images() {
    let scene = Scene::start().await;
    scene.images.push_image("shop/web", "v1", ImageSpec::of("linux/amd64").label("warm", "yes"));
    scene.images.push_image("shop/db", "v1", ImageSpec::of("linux/amd64").layer_of("db", 10));

    let id = scene.execute(vec![Filter::Label { labels: vec!["warm=yes".to_owned()] }]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.tasks(id).await.len(), 1);
    assert!(scene.lab.execution(id).await.message.contains("left out: 1 by label"));
}

#[tokio::test]
async fn a_ticket_that_is_delivered_twice_asks_the_engine_once() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1);

    // The ticket of the submission once more, as after a lost acknowledgement.
    let task = &scene.lab.tasks(id).await[0];
    sqlx::query(
        "INSERT INTO apalis.jobs (id, job_type, job, status, attempts, max_attempts, run_at, priority)
         VALUES ('01ARZ3NDEKTSV4RRFFQ69G5FAV', 'forewarm.tasks', $1, 'Pending', 0, 25, $2, 0)",
    )
    .bind(format!(r#"{{"job":"submit_task","task_id":{},"seq":1}}"#, task.id).into_bytes())
    .bind(scene.lab.clock.now())
    .execute(scene.lab.store.pool())
    .await
    .unwrap();
    scene.lab.run_due().await;

    assert_eq!(scene.submissions(), 1);
}

#[tokio::test]
async fn a_lost_answer_is_looked_for_before_the_engine_is_asked_again() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::DropAfter);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.submissions(), 1, "the engine had the job: it was adopted");
}

#[tokio::test]
async fn a_request_that_never_arrived_is_sent_exactly_once_more() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::DropBefore);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.submissions(), 2);
    assert_eq!(scene.engine.jobs().len(), 1);
}

#[tokio::test]
async fn a_worker_that_dies_over_a_submission_is_replaced_and_its_job_adopted() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    // A process takes the lease, asks the engine, and dies before it can write that down.
    let task = scene.lab.tasks(id).await.remove(0);
    let lease = std::time::Duration::from_secs(30);
    let held = scene.lab.store.tasks().begin(task.id, 1, lease).await.unwrap().unwrap();
    post_as(&scene, &held).await;

    scene.lab.run_due().await;
    scene.lab.worker.sweep().await;
    scene.lab.run_due().await;
    assert_eq!(scene.lab.tasks(id).await[0].engine_job, None, "its lease is respected");
    scene.lab.advance(31);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.engine.jobs().len(), 1, "the job of the dead process was adopted");
}

#[tokio::test]
async fn a_frozen_worker_that_wakes_up_late_changes_nothing() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    let task = scene.lab.tasks(id).await.remove(0);
    let lease = std::time::Duration::from_secs(30);
    let frozen = scene.lab.store.tasks().begin(task.id, 1, lease).await.unwrap().unwrap();
    scene.lab.advance(31);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;
    assert_eq!(scene.lab.tasks(id).await[0].status, Status::Success);

    let late = forewarm_store::tasks::Step::Failed { message: "too late".to_owned(), report: None };
    let recorded = scene.lab.store.tasks().record(frozen.lease, frozen.stage, late, &[]).await.unwrap();

    assert!(!recorded);
    assert_eq!(scene.lab.tasks(id).await[0].status, Status::Success);
}

#[tokio::test]
async fn a_ticket_that_was_lost_is_written_anew_by_the_sweep() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let id = scene.execute(vec![]).await;
    sqlx::query("DELETE FROM apalis.jobs").execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.run_dry().await;
    assert_eq!(scene.lab.execution(id).await.status, Status::Pending);

    scene.lab.advance(61);
    scene.lab.worker.sweep().await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    sqlx::query("DELETE FROM apalis.jobs").execute(scene.lab.store.pool()).await.unwrap();
    scene.lab.advance(61);
    scene.lab.worker.sweep().await;
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
}

#[tokio::test]
async fn a_failing_engine_is_asked_again_with_growing_pauses_and_then_given_up() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").always().inject(Fault::status(503, "no backend"));
    let begun = scene.lab.clock.now();

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!(task.status, Status::Error);
    assert!(task.message.contains("given up after 5") && task.message.contains("503"), "{}", task.message);
    assert_eq!(scene.submissions(), 5);
    let waited = (scene.lab.clock.now() - begun).num_seconds();
    assert!((20..=40).contains(&waited), "2+4+8+16 s, give or take a fifth: {waited}");
    assert_eq!(scene.lab.execution(id).await.message, "1 of 1 tasks failed; each says why");
}

#[tokio::test]
async fn a_wrong_token_fails_at_once_and_is_not_tried_again() {
    let scene = Scene::with(Knobs::default(), |draft| {
        draft.auth =
            forewarm_domain::auth::Auth::Bearer { token: forewarm_domain::Secret::new("wrong-token") };
    })
    .await;
    scene.images.holds(&["shop/web:v1"]);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!((task.status, task.attempt), (Status::Error, 1));
    assert!(task.message.contains("401"), "{}", task.message);
    let log = scene.lab.log(task.id).await.join("\n");
    assert!(!log.contains("wrong-token") && !task.message.contains("wrong-token"), "{log}");
    assert_eq!(scene.submissions(), 1);
}

#[tokio::test]
async fn a_registry_that_cannot_be_reached_ends_the_execution_with_the_reason() {
    let mut scene = Scene::start().await;
    scene.images.stop().await;

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Error);
    assert!(execution.message.contains("connection refused"), "{}", execution.message);
    assert!(execution.ended_at.is_some());
}

#[tokio::test]
async fn stopping_ends_waiting_tasks_at_once_and_says_that_the_engine_may_go_on() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 2).await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3", "shop/web:v4"]);
    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 2, "the window holds two");

    assert_eq!(scene.lab.store.executions().stop(id).await.unwrap(), Change::Done);
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.stopped), (Status::Stopped, 4));
    let messages: Vec<String> = scene.lab.tasks(id).await.into_iter().map(|task| task.message).collect();
    assert_eq!(
        messages.iter().filter(|text| text.contains("the engine may go on")).count(),
        2,
        "{messages:?}"
    );
    assert_eq!(messages.iter().filter(|text| text.contains("before the engine was asked")).count(), 2);
    assert_eq!(scene.submissions(), 2);
    assert_eq!(scene.lab.store.executions().stop(id).await.unwrap(), Change::Refused(Status::Stopped));
}

#[tokio::test]
async fn a_window_keeps_no_more_than_its_size_in_flight_and_lets_everything_through() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 3).await;
    let names: Vec<String> = (0..10).map(|i| format!("shop/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let id = scene.execute(vec![]).await;

    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 3);
    assert_eq!(scene.lab.execution(id).await.counts.running, 3);
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.counts.success, 10);
    assert_eq!(scene.submissions(), 10);
}

#[tokio::test]
async fn a_small_execution_is_not_held_up_by_a_large_one() {
    let scene = Scene::with(Knobs::default(), |draft| draft.max_in_flight = 2).await;
    let names: Vec<String> = (0..20).map(|i| format!("big/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.images.holds(&["small/web:v1"]);
    let big = scene.execute(vec![repository("big/**")]).await;
    scene.lab.run_due().await;
    let small = scene.execute(vec![repository("small/**")]).await;
    scene.lab.run_due().await;

    // The first two of the large one are done, and make room.
    scene.lab.advance(35);
    scene.lab.run_due().await;
    scene.lab.advance(35);
    scene.lab.run_due().await;

    assert_eq!(scene.lab.execution(small).await.status, Status::Success);
    assert_eq!(scene.lab.execution(big).await.status, Status::Running);
}

#[tokio::test]
async fn pacing_spreads_submissions_over_time() {
    let scene = Scene::with(Knobs::default(), |draft| draft.submits_per_second = Some(2.0)).await;
    let names: Vec<String> = (0..10).map(|i| format!("shop/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    scene.execute(vec![]).await;

    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1);
    scene.lab.advance(2);
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 5, "one at the start, two a second since");
}

#[tokio::test]
async fn a_retry_runs_only_what_failed_and_keeps_the_history() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1", "shop/web:v2"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::status(422, r#"{"errors":"bad"}"#));
    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;
    assert_eq!(scene.lab.execution(id).await.counts.error, 1);

    assert_eq!(scene.lab.store.executions().retry(id).await.unwrap(), Change::Done);
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.success), (Status::Success, 2));
    assert_eq!(scene.submissions(), 3);
    let tasks = scene.lab.tasks(id).await;
    let retried = tasks.iter().find(|task| task.attempt == 2).unwrap();
    assert!(scene.lab.log(retried.id).await.join("\n").contains("bad"), "the first attempt is still told");
    assert_eq!(scene.lab.store.executions().retry(id).await.unwrap(), Change::Refused(Status::Success));
}

#[tokio::test]
async fn a_manager_that_forgets_its_jobs_is_found_out_at_the_deadline() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.options.timeout_seconds = Some(600);
    let id = scene.lab.execute(spec).await;
    scene.lab.run_due().await;
    scene.engine.restart();

    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!(task.status, Status::Error);
    assert!(task.message.contains("10 min"), "{}", task.message);
}

#[tokio::test]
async fn no_seed_peer_is_an_error_in_the_engines_own_words() {
    let knobs = Knobs { clusters: vec![Cluster::new(1).without_seeds()], ..Knobs::default() };
    let scene = Scene::with(knobs, |_| {}).await;
    scene.images.holds(&["shop/web:v1"]);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!((task.status, task.attempt), (Status::Error, 1));
    assert!(task.message.contains("no available seed peer"), "{}", task.message);
}

#[tokio::test]
async fn files_go_to_the_engine_as_one_task() {
    let scene = Scene::start().await;
    let urls = vec!["https://files.test/a.bin".parse().unwrap(), "https://files.test/b.bin".parse().unwrap()];

    let id = scene.lab.execute(Lab::spec(Work::Files { urls }, &[&scene.instance])).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.total()), (Status::Success, 1));
    assert_eq!(scene.submissions(), 1);
}

#[tokio::test]
async fn an_image_that_is_not_there_fails_an_ad_hoc_preheat_as_a_whole() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);

    let spec = Lab::images(&scene.registry, &[("shop/web", "v1"), ("shop/web", "nope")], &[&scene.instance]);
    let id = scene.lab.execute(spec).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.total()), (Status::Error, 0));
    assert!(
        execution.message.contains("shop/web") && execution.message.contains("nope"),
        "{}",
        execution.message
    );
    assert_eq!(scene.submissions(), 0);
}

#[tokio::test]
async fn a_disabled_instance_gets_nothing_and_is_named() {
    let scene = Scene::with(Knobs::default(), |draft| draft.enabled = false).await;
    scene.images.holds(&["shop/web:v1"]);

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Error);
    assert!(execution.message.contains("'dragonfly' is disabled"), "{}", execution.message);
}

#[tokio::test]
async fn a_registry_with_many_pages_is_read_to_the_end() {
    let lab = Lab::start().await;
    let knobs = registry::Knobs { page_size: 7, ..Default::default() };
    let images = FakeRegistry::start_with(knobs).await.unwrap();
    for i in 0..30 {
        images.holds(&[&format!("team/app{i}:v1")]);
    }
    let registry = lab.registry("hub", &images.url()).await;
    let instance = lab.instance(Lab::draft("cache", "mirror", &images.url())).await;

    let id = lab.execute(Lab::select(&registry, vec![], &[&instance])).await;
    lab.run_dry().await;

    assert_eq!(lab.execution(id).await.counts.success, 30);
}

/// Asks the engine the way a worker does for this assignment.
async fn post_as(scene: &Scene, held: &forewarm_store::tasks::Assignment) {
    let forewarm_domain::task::Target::Image(image) = &held.target else { panic!("an image") };
    let url = format!("{}/v2/{}/manifests/{}", scene.images.url(), image.repository, image.digest);
    let mark = format!(
        "forewarm execution={} task={} attempt={}",
        held.lease.execution_id, held.lease.task_id, held.lease.attempt
    );
    let body = serde_json::json!({"type": "preheat", "bio": mark, "args": {"type": "image", "url": url}});
    let request = reqwest::Client::new().post(format!("{}/oapi/v1/jobs", scene.engine.url()));
    let answer = request.bearer_auth(forewarm_fake::dragonfly::TEST_TOKEN).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

fn digest_of(task: &forewarm_domain::task::Task) -> String {
    match &task.target {
        forewarm_domain::task::Target::Image(image) => image.digest.to_string(),
        forewarm_domain::task::Target::Files { .. } => panic!("an image"),
    }
}
