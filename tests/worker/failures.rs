//! Engines and registries that fail, and what is done about it.

use chrono::TimeDelta;

use super::*;

#[tokio::test]
async fn an_engine_whose_answers_are_lost_is_asked_again_when_that_is_safe_and_then_given_up() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.engine.faults().on("POST", "/oapi/v1/jobs").always().inject(Fault::status(503, "no backend"));
    let begun = scene.lab.clock.now();

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let task = scene.lab.tasks(id).await.remove(0);
    assert_eq!(task.status, Status::Error);
    assert!(
        task.message.contains("without an answer 5 times") && task.message.contains("503"),
        "{}",
        task.message
    );
    assert_eq!(scene.submissions(), 5);
    let waited = (scene.lab.clock.now() - begun).num_seconds();
    assert!((600..=660).contains(&waited), "each time 160 s, to be sure that nothing was made: {waited}");
    assert_eq!(scene.lab.execution(id).await.message, "1 of 1 task failed; each says why");
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
async fn a_registry_that_asks_for_patience_is_borne_with_as_long_as_it_asks() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.images.faults().on("GET", "/v2/_catalog").times(20).inject(Fault::too_many(60));

    let id = scene.execute(vec![]).await;
    scene.lab.run_due().await;
    let message = scene.lab.execution(id).await.message;
    assert!(message.starts_with("the registry asks for patience, trying again after 60 s: "), "{message}");
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success, "{}", execution.message);
    assert!(execution.ended_at.unwrap() - execution.started_at.unwrap() >= TimeDelta::minutes(20));
}

#[tokio::test]
async fn a_registry_that_asks_for_patience_without_an_end_ends_the_execution_and_a_retry_has_patience_anew() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.images.faults().on("GET", "/v2/_catalog").always().inject(Fault::too_many(60));
    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;
    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Error);
    assert!(execution.message.contains("429"), "{}", execution.message);
    let borne = execution.ended_at.unwrap() - execution.started_at.unwrap();
    assert!(borne > TimeDelta::minutes(50) && borne < TimeDelta::minutes(75), "{borne}");

    scene.images.faults().clear();
    scene.images.faults().on("GET", "/v2/_catalog").times(20).inject(Fault::too_many(60));
    scene.lab.store.executions().retry(id).await.unwrap();
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Success, "{}", execution.message);
}

#[tokio::test]
async fn a_registry_that_asks_for_more_patience_than_there_is_is_not_waited_for() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.images.faults().on("GET", "/v2/_catalog").always().inject(Fault::too_many(86_400));

    let id = scene.execute(vec![]).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.status, Status::Error);
    let borne = execution.ended_at.unwrap() - execution.started_at.unwrap();
    assert!(borne < TimeDelta::minutes(10), "{borne}");
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
    assert!(task.message.contains("600 s"), "{}", task.message);
    assert!(task.message.contains("last: Dragonfly works on job 1"), "{}", task.message);
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
async fn a_managers_rate_limit_delays_a_large_execution_and_fails_none_of_it() {
    let scene = Scene::start().await;
    let names: Vec<String> = (0..60).map(|i| format!("shop/web:v{i}")).collect();
    scene.images.holds(&names.iter().map(String::as_str).collect::<Vec<_>>());
    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.options.scheduler_cluster_ids = vec![1];
    let id = scene.lab.execute(spec).await;

    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!((execution.status, execution.counts.success), (Status::Success, 60), "{}", execution.message);
    assert!(scene.submissions() > 60, "the limit of ten a second was met");
    assert_eq!(scene.engine.jobs().len(), 60, "each was taken once");
    assert!(scene.lab.tasks(id).await.iter().all(|task| task.attempt == 1));
}
