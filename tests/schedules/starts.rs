//! Starts that go wrong: what cannot run leaves an execution with the reason, and holds up nobody.

use forewarm_domain::status::Status;
use forewarm_store::instances::InstanceDraft;
use forewarm_store::policies::PolicyDraft;
use serde_json::json;

use super::{Scene, at, done, schedule};
use crate::support::lab::Lab;

impl Scene {
    /// Lets an hour pass and brings the one execution that this starts to its end.
    async fn fails_with(&mut self) -> String {
        self.fire_at("2026-03-01T13:00:00Z").await;
        self.lab.run_dry().await;
        let executions = self.executions().await;
        assert_eq!((executions.len(), executions[0].status), (1, Status::Error), "{executions:?}");
        assert!(executions[0].ended_at.is_some());
        executions[0].message.clone()
    }
}

#[tokio::test]
async fn a_scheduled_execution_goes_through_to_its_end() {
    let scene = Scene::start().await;
    scene.scheduled("@hourly").await;

    scene.fire_at("2026-03-01T13:00:00Z").await;
    scene.lab.run_dry().await;

    let executions = scene.executions().await;
    assert_eq!(executions[0].status, Status::Success, "{executions:?}");
    assert_eq!(executions[0].counts.success, 1);
}

#[tokio::test]
async fn a_policy_whose_instances_are_all_disabled_leaves_an_execution_in_error() {
    let mut scene = Scene::start().await;
    scene.scheduled("@hourly").await;
    let disabled = InstanceDraft { enabled: false, ..Lab::draft("edge", "mirror", &scene.images.url()) };
    done(scene.lab.store.instances().update(scene.instance.id, &disabled).await.unwrap());

    let message = scene.fails_with().await;

    assert_eq!(message, "no instance to preheat to: instance 'edge' is disabled and gets nothing");
}

#[tokio::test]
async fn a_policy_without_an_instance_leaves_an_execution_in_error_when_there_is_no_default() {
    let mut scene = Scene::start().await;
    let draft = PolicyDraft { instance_ids: vec![], ..scene.draft("nightly", schedule("@hourly")) };
    scene.create(&draft).await;

    let message = scene.fails_with().await;

    assert_eq!(
        message,
        "no instance to preheat to: the policy names none, and there is no default instance; name one, or make one the default"
    );
}

#[tokio::test]
async fn a_registry_that_is_down_leaves_an_execution_in_error_after_retries() {
    let mut scene = Scene::start().await;
    scene.scheduled("@hourly").await;
    scene.images.stop().await;

    let message = scene.fails_with().await;

    assert!(message.contains("connect"), "{message}");
    assert!(scene.lab.clock.now() > at("2026-03-01T13:00:05Z"), "it was tried again");
}

#[tokio::test]
async fn a_policy_that_cannot_be_read_any_more_is_set_aside_and_holds_up_no_other() {
    let scene = Scene::start().await;
    let mut broken = Vec::new();
    for (name, column, value) in [
        ("a", "trigger", json!({ "type": "schedule", "cron": "every now and then" })),
        ("b", "trigger", json!({ "type": "moon" })),
        ("c", "trigger", json!({ "type": "manual" })),
        ("d", "filters", json!([{ "type": "moon" }])),
    ] {
        let policy = scene.create(&scene.draft(name, schedule("@hourly"))).await;
        let statement = format!("UPDATE policies SET {column} = $2 WHERE id = $1");
        let update = sqlx::query(sqlx::AssertSqlSafe(statement)).bind(policy.id).bind(value);
        update.execute(scene.lab.store.pool()).await.unwrap();
        broken.push(policy.id);
    }
    scene.create(&scene.draft("whole", schedule("@hourly"))).await;

    scene.fire_at("2026-03-01T13:00:00Z").await;

    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T13:00:00Z")]);
    let due = sqlx::query_scalar("SELECT id FROM policies WHERE next_fire_at IS NOT NULL ORDER BY id");
    let due: Vec<i64> = due.fetch_all(scene.lab.store.pool()).await.unwrap();
    assert!(due.iter().all(|id| !broken.contains(id)) && due.len() == 1, "{due:?}");
}

#[tokio::test]
async fn a_start_that_the_database_refuses_is_tried_again_and_holds_up_no_other() {
    let scene = Scene::start().await;
    let policy = scene.create(&scene.draft("a", schedule("@hourly"))).await;
    scene.create(&scene.draft("whole", schedule("@hourly"))).await;
    let forbid = "ALTER TABLE executions ADD CONSTRAINT trouble CHECK (policy <> 'a')";
    sqlx::query(forbid).execute(scene.lab.store.pool()).await.unwrap();

    scene.fire_at("2026-03-01T13:00:00Z").await;
    assert_eq!(scene.scheduled_for().await.len(), 1);
    assert_eq!(scene.next_fire_at(&policy).await, Some(at("2026-03-01T13:00:00Z")));

    let allow = "ALTER TABLE executions DROP CONSTRAINT trouble";
    sqlx::query(allow).execute(scene.lab.store.pool()).await.unwrap();
    scene.fire_at("2026-03-01T13:00:01Z").await;
    assert_eq!(scene.scheduled_for().await, [at("2026-03-01T13:00:00Z"); 2]);
}
