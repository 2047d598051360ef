//! When a proof is no longer relied on.

use std::time::Duration;

use forewarm_domain::job::Turn;
use forewarm_domain::task::Report;
use forewarm_store::tasks::Step;

use super::*;

#[tokio::test]
async fn an_instance_at_another_address_has_nothing_warm() {
    let mut scene = Scene::start().await;
    scene.preheat().await;
    scene.draft.description = "edited".to_owned();
    scene.change(&scene.draft).await;
    assert_eq!(scene.rows().await, 1, "an edit of something else changes nothing");

    scene.draft.endpoint = "http://elsewhere.test:8080".parse().unwrap();
    scene.change(&scene.draft).await;

    assert_eq!(scene.rows().await, 0);
}

#[tokio::test]
async fn what_was_asked_of_an_engine_before_its_instance_moved_proves_nothing_after() {
    let mut scene = Scene::start().await;
    let id = scene.lab.execute(Lab::select(&scene.registry, vec![], &[&scene.instance])).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1);
    scene.lab.advance(1);
    scene.draft.endpoint =
        format!("{}/", scene.engine.url().replace("127.0.0.1", "localhost")).parse().unwrap();
    scene.change(&scene.draft).await;

    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    assert_eq!(scene.rows().await, 0);
}

#[tokio::test]
async fn a_registry_at_another_address_has_nothing_warm() {
    let scene = Scene::start().await;
    scene.preheat().await;
    let draft = forewarm_store::registries::RegistryDraft {
        name: "hub".to_owned(),
        kind: "oci".to_owned(),
        description: String::new(),
        url: "http://elsewhere.test".parse().unwrap(),
        auth: forewarm_domain::auth::Auth::None,
        insecure_tls: false,
        repositories: vec![],
        event_secrets: vec![],
        watch_interval_seconds: None,
    };

    let changed = scene.lab.store.registries().update(scene.registry.id, &draft).await.unwrap();

    assert!(matches!(changed, Written::Done(_)));
    assert_eq!(scene.rows().await, 0);
}

#[tokio::test]
async fn a_proof_that_the_engine_could_not_repeat_is_kept_but_not_relied_on() {
    let scene = Scene::start().await;
    scene.preheat().await;
    fail_for_want_of_a_blob(&scene).await;
    assert_eq!(scene.rows().await, 1);

    scene.preheat_cold().await;
    assert_eq!(scene.submissions(), 2);

    scene.preheat_cold().await;
    assert_eq!(scene.submissions(), 2, "the new proof cleared the doubt");
}

/// A preheat by hand after which the engine cannot confirm a blob.
async fn fail_for_want_of_a_blob(scene: &Scene) {
    let id = scene.lab.execute(Lab::select(&scene.registry, vec![], &[&scene.instance])).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    let task = scene.only_task(id).await;
    let tasks = scene.lab.store.tasks();
    let turn = Turn { task_id: task.id, seq: 1 };
    let held = tasks.begin(&[turn], Duration::from_secs(30)).await.unwrap().remove(0);
    let report = Report { missing: vec!["a blob".to_owned()], ..Report::default() };
    let failed = Step::Failed { message: "a blob is missing".to_owned(), report: Some(report) };
    assert!(tasks.record(held.lease, held.stage, failed, &[]).await.unwrap());
    scene.lab.run_dry().await;
}

#[tokio::test]
async fn proofs_that_nobody_may_rely_on_any_more_are_pruned() {
    let scene = Scene::start().await;
    scene.preheat().await;
    scene.lab.advance(90 * 24 * HOUR - 60);
    assert_eq!(scene.lab.store.warm().prune(100).await.unwrap(), 0);

    scene.lab.advance(120);

    assert_eq!(scene.lab.store.warm().prune(100).await.unwrap(), 1);
    assert_eq!(scene.rows().await, 0);
}
