//! Policies that run at the times of a schedule: each time once, whatever happens.

mod api;
mod missed;
mod processes;
mod starts;

use chrono::{DateTime, Utc};
use forewarm_domain::criteria::ProjectCriteria;
use forewarm_domain::execution::Execution;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::{OriginAccess, PreheatOptions};
use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use forewarm_domain::trigger::{Missed, Schedule, Trigger};
use forewarm_fake::registry::{ImageSpec, Registry as FakeRegistry};
use forewarm_store::executions::ExecutionFilter;
use forewarm_store::outcome::Written;
use forewarm_store::policies::PolicyDraft;
use forewarm_store::projects::ProjectDraft;

use crate::support::lab::Lab;

/// A lab with an image, a mirror and a project `shop`.
struct Scene {
    lab: Lab,
    images: FakeRegistry,
    instance: Instance,
    project: Project,
}

impl Scene {
    /// It is noon on 2026-03-01.
    async fn start() -> Self {
        let lab = Lab::start().await;
        let images = FakeRegistry::start().await.unwrap();
        images.push_image("shop/web", "v1", ImageSpec::default());
        let registry = lab.registry("hub", &images.url()).await;
        let instance = lab.instance(Lab::draft("edge", "mirror", &images.url())).await;
        let draft = ProjectDraft {
            name: "shop".to_owned(),
            description: String::new(),
            registry_id: registry.id,
            namespace: "shop".to_owned(),
            criteria: ProjectCriteria::default(),
        };
        let project = done(lab.store.projects().create(&draft).await.unwrap());
        Self { lab, images, instance, project }
    }

    /// A policy to be stored, for the mirror.
    fn draft(&self, name: &str, schedule: Schedule) -> PolicyDraft {
        PolicyDraft {
            name: name.to_owned(),
            description: String::new(),
            enabled: true,
            filters: vec![],
            trigger: Trigger::Schedule(schedule),
            options: PreheatOptions::default(),
            access: OriginAccess::default(),
            instance_ids: vec![self.instance.id],
            skip_if_warm: None,
            max_attempts: 5,
            texts: None,
        }
    }

    async fn create(&self, draft: &PolicyDraft) -> Policy {
        done(self.lab.store.policies().create(self.project.id, draft).await.unwrap())
    }

    async fn update(&self, policy: &Policy, draft: &PolicyDraft) -> Policy {
        done(self.lab.store.policies().update(policy.id, draft).await.unwrap())
    }

    async fn scheduled(&self, cron: &str) -> Policy {
        self.create(&self.draft("nightly", schedule(cron))).await
    }

    async fn next_fire_at(&self, policy: &Policy) -> Option<DateTime<Utc>> {
        self.lab.store.policies().by_id(policy.id).await.unwrap().unwrap().next_fire_at
    }

    /// Lets time pass until `moment` and does what is due by schedule.
    async fn fire_at(&self, moment: &str) {
        self.lab.clock.advance((at(moment) - self.lab.clock.now()).to_std().unwrap());
        self.lab.worker.fire_schedules().await;
    }

    /// All executions, oldest first.
    async fn executions(&self) -> Vec<Execution> {
        let filter = ExecutionFilter { oldest_first: true, ..ExecutionFilter::default() };
        self.lab.store.executions().list(&filter, 1000, 0).await.unwrap().0
    }

    /// What the executions were started for, oldest first.
    async fn scheduled_for(&self) -> Vec<DateTime<Utc>> {
        let executions = self.executions().await;
        executions.into_iter().map(|execution| execution.scheduled_for.unwrap()).collect()
    }
}

fn schedule(cron: &str) -> Schedule {
    Schedule { cron: cron.to_owned(), time_zone: None, missed: Missed::Run }
}

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn done<T>(written: Written<T>) -> T {
    match written {
        Written::Done(row) => row,
        _ => panic!("the row could not be written"),
    }
}

#[tokio::test]
async fn each_due_time_starts_an_execution_that_names_it() {
    let scene = Scene::start().await;
    let policy = scene.scheduled("*/10 * * * *").await;
    assert_eq!(policy.next_fire_at, Some(at("2026-03-01T12:10:00Z")));

    for moment in ["2026-03-01T12:09:59Z", "2026-03-01T12:10:00Z", "2026-03-01T12:10:01Z"] {
        scene.fire_at(moment).await;
    }
    scene.fire_at("2026-03-01T12:20:30Z").await;
    scene.fire_at("2026-03-01T12:29:59Z").await;

    let times = [at("2026-03-01T12:10:00Z"), at("2026-03-01T12:20:00Z")];
    assert_eq!(scene.scheduled_for().await, times);
    assert_eq!(scene.next_fire_at(&policy).await, Some(at("2026-03-01T12:30:00Z")));
    for execution in scene.executions().await {
        assert_eq!((execution.trigger.as_str(), execution.event_id), ("schedule", None));
        assert_eq!(
            (execution.policy.as_deref(), execution.project.as_deref()),
            (Some("nightly"), Some("shop"))
        );
        assert_eq!(execution.warnings, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_scheduled_execution_leaves_out_what_is_warm_unless_its_policy_says_otherwise() {
    let scene = Scene::start().await;
    for (name, skip_if_warm) in [("a", None), ("b", Some(true)), ("c", Some(false))] {
        let draft = PolicyDraft { skip_if_warm, ..scene.draft(name, schedule("@hourly")) };
        scene.create(&draft).await;
    }

    scene.fire_at("2026-03-01T13:00:00Z").await;

    let mut skips = Vec::new();
    for execution in scene.executions().await {
        let (spec, _) = scene.lab.store.executions().plan(execution.id).await.unwrap().unwrap();
        skips.push((execution.policy.unwrap(), spec.skip_if_warm));
    }
    assert_eq!(skips, [("a".to_owned(), true), ("b".to_owned(), true), ("c".to_owned(), false)]);
}

#[tokio::test]
async fn a_schedule_follows_its_zone_when_the_clocks_change() {
    let scene = Scene::start().await;
    scene.fire_at("2026-03-28T12:00:00Z").await;
    let berlin = Schedule { time_zone: Some("Europe/Berlin".to_owned()), ..schedule("30 2 * * *") };
    scene.create(&scene.draft("nightly", berlin)).await;

    // There is no 02:30 in Berlin on the 29th; the clocks jump from 02:00 to 03:00, which is 01:00 UTC.
    let times = ["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z", "2026-03-31T00:30:00Z"];
    for moment in times {
        scene.fire_at(moment).await;
    }

    assert_eq!(scene.scheduled_for().await, times.map(at));
}

#[tokio::test]
async fn a_disabled_policy_does_not_run_and_has_no_next_time() {
    let scene = Scene::start().await;
    let policy = scene.scheduled("@hourly").await;
    let draft = scene.draft("nightly", schedule("@hourly"));

    let disabled = scene.update(&policy, &PolicyDraft { enabled: false, ..draft.clone() }).await;
    assert_eq!(disabled.next_fire_at, None);
    scene.fire_at("2026-03-01T15:30:00Z").await;
    assert_eq!(scene.executions().await, []);

    // Times of before do not count once it is enabled again.
    let enabled = scene.update(&policy, &draft).await;
    assert_eq!(enabled.next_fire_at, Some(at("2026-03-01T16:00:00Z")));
    scene.fire_at("2026-03-01T16:00:00Z").await;
    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T16:00:00Z")]);
}

#[tokio::test]
async fn an_edited_schedule_moves_the_next_time_and_any_other_edit_does_not() {
    let scene = Scene::start().await;
    let policy = scene.scheduled("@hourly").await;
    // It is due, and nobody has looked yet.
    scene.lab.advance(3630);
    let draft =
        PolicyDraft { description: "every hour".to_owned(), ..scene.draft("nightly", schedule("@hourly")) };
    let described = scene.update(&policy, &draft).await;
    assert_eq!(described.next_fire_at, Some(at("2026-03-01T13:00:00Z")));

    let edited = scene.update(&policy, &scene.draft("nightly", schedule("15 * * * *"))).await;
    assert_eq!(edited.next_fire_at, Some(at("2026-03-01T13:15:00Z")));
    let by_hand = PolicyDraft { trigger: Trigger::Manual, ..draft };
    assert_eq!(scene.update(&policy, &by_hand).await.next_fire_at, None);
}
