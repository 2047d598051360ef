//! Runs that leave out what is warm.

use forewarm_domain::instance::KrakenMode;
use forewarm_domain::scope::Scope;
use forewarm_fake::Fault;
use forewarm_fake::kraken::Kraken;
use forewarm_worker::{Settings, Worker};

use super::*;
use crate::support::outbound::outbound;

#[tokio::test]
async fn what_was_proven_warm_is_not_preheated_again() {
    let scene = Scene::start().await;
    let first = scene.preheat().await;
    let proven = scene.only_task(first).await.ended_at.unwrap();
    scene.lab.advance(HOUR);

    let second = scene.preheat_cold().await;

    assert_eq!(scene.submissions(), 1);
    let task = scene.only_task(second).await;
    assert_eq!((task.status, task.proof, task.attempt), (Status::Success, Some(Proof::BlobsPresent), 0));
    let since = proven.format("%Y-%m-%dT%H:%M:%SZ");
    let message = format!("already warm since {since}, proven (every blob present) by execution {first}");
    assert_eq!(task.message, message);
    assert_eq!(scene.lab.log(task.id).await, [message]);
    let execution = scene.lab.execution(second).await;
    assert_eq!(execution.status, Status::Success);
    assert_eq!(execution.message, "1 artifact of 1 repository matched, 1 task; 1 already warm");
}

#[tokio::test]
async fn a_run_by_hand_preheats_what_is_warm_and_proves_it_anew() {
    let scene = Scene::start().await;
    let first = scene.preheat().await;
    scene.lab.advance(5 * HOUR);

    let second = scene.preheat().await;
    assert_eq!(scene.submissions(), 2);
    scene.lab.advance(5 * HOUR);
    let third = scene.preheat_cold().await;

    assert_eq!(scene.submissions(), 2, "the second run proved it for six more hours");
    let begun = scene.only_task(first).await.ended_at.unwrap().format("%Y-%m-%dT%H:%M:%SZ");
    let message = format!("already warm since {begun}, proven (every blob present) by execution {second}");
    assert_eq!(scene.only_task(third).await.message, message, "without a gap since the first");
}

#[tokio::test]
async fn a_proof_older_than_the_cache_keeps_things_counts_no_more() {
    let scene = Scene::start().await;
    scene.preheat().await;
    scene.lab.advance(6 * HOUR + 1);

    let second = scene.preheat_cold().await;
    assert_eq!(scene.submissions(), 2);
    let third = scene.preheat_cold().await;

    assert_eq!(scene.submissions(), 2);
    let anew = scene.only_task(second).await.ended_at.unwrap().format("%Y-%m-%dT%H:%M:%SZ").to_string();
    assert!(
        scene.only_task(third).await.message.contains(&anew),
        "there was a gap, so it is warm since then"
    );
}

#[tokio::test]
async fn a_task_that_was_left_out_proves_nothing() {
    let scene = Scene::start().await;
    scene.preheat().await;
    scene.lab.advance(5 * HOUR);
    scene.preheat_cold().await;
    assert_eq!(scene.submissions(), 1);
    scene.lab.advance(HOUR + 1);

    scene.preheat_cold().await;

    assert_eq!(scene.submissions(), 2);
}

#[tokio::test]
async fn an_instance_can_say_for_how_long_proofs_are_good() {
    let mut scene = Scene::start().await;
    scene.preheat().await;
    scene.lab.advance(61);
    scene.draft.settings.freshness_seconds = Some(60);
    scene.change(&scene.draft).await;

    // The connections of a worker notice an edit after two seconds of real time; another worker has none yet.
    let other = Worker::new(scene.lab.store.clone(), outbound(), Settings::default());
    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.skip_if_warm = true;
    scene.lab.execute(spec).await;
    while other.run_one().await {}

    assert_eq!(scene.submissions(), 2);
}

#[tokio::test]
async fn what_is_warm_on_one_instance_is_not_on_another() {
    let scene = Scene::start().await;
    let mirror = scene.lab.instance(Lab::draft("edge", "mirror", &scene.images.url())).await;
    scene.preheat().await;

    let id = scene.run(&[&scene.instance, &mirror], vec![], true).await;

    let tasks = scene.lab.tasks(id).await;
    assert_eq!(scene.lab.execution(id).await.counts.success, 2);
    for task in tasks {
        assert_eq!(task.message.starts_with("already warm"), task.instance == "seeds", "{task:?}");
    }
}

#[tokio::test]
async fn each_manifest_of_an_index_is_warm_or_not_by_itself() {
    let scene = Scene::start().await;
    let index = scene.images.push_index("shop/db", "v1", &["linux/amd64", "linux/arm64"], false);
    let only_db = || vec![Filter::Repository { pattern: "shop/db".to_owned() }];
    let mut spec = Lab::select(&scene.registry, only_db(), &[&scene.instance]);
    spec.options.platforms = vec!["linux/amd64".parse().unwrap()];
    scene.lab.execute(spec).await;
    scene.lab.run_dry().await;

    let id = scene.run(&[&scene.instance], only_db(), true).await;

    assert_eq!(scene.submissions(), 2, "one for each platform");
    let tasks = scene.lab.tasks(id).await;
    let warm = tasks.iter().find(|task| task.message.starts_with("already warm")).unwrap();
    let forewarm_domain::task::Target::Image(image) = &warm.target else { panic!("an image") };
    assert_eq!(image.digest.to_string(), index.child("linux/amd64").unwrap().digest);
}

#[tokio::test]
async fn a_request_that_the_engine_only_took_proves_nothing() {
    let scene = Scene::start().await;
    let kraken = Kraken::start().await.unwrap();
    let mut draft = Lab::draft("kraken", "kraken", &kraken.proxy_url());
    draft.settings.kraken_mode = Some(KrakenMode::Notification);
    let kraken_instance = scene.lab.instance(draft).await;

    for _ in 0..2 {
        let id = scene.run(&[&kraken_instance], vec![], true).await;
        assert_eq!(scene.only_task(id).await.proof, Some(Proof::Submitted));
    }

    assert_eq!(kraken.events().len(), 2);
    assert_eq!(scene.rows().await, 0);
}

#[tokio::test]
async fn warm_for_one_peer_is_not_warm_for_all() {
    let scene = Scene::start().await;
    scene.preheat().await;
    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.skip_if_warm = true;
    spec.options.scope = Some(Scope::AllPeers);
    spec.options.timeout_seconds = Some(600);

    for _ in 0..2 {
        scene.lab.execute(spec.clone()).await;
        scene.lab.run_dry().await;
    }

    assert_eq!(scene.submissions(), 2, "one for a single peer, one for all");
}

#[tokio::test]
async fn two_runs_at_the_same_time_preheat_once() {
    let scene = Scene::start().await;
    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.skip_if_warm = true;
    let first = scene.lab.execute(spec.clone()).await;
    let second = scene.lab.execute(spec).await;

    scene.lab.run_due().await;
    let waiting = scene.only_task(second).await;
    let asked = scene.only_task(first).await.id;
    assert_eq!(waiting.status, Status::Pending);
    assert_eq!(
        waiting.message,
        format!("waiting for task {asked} of execution {first}, which preheats the same")
    );
    scene.lab.run_dry().await;

    assert_eq!(scene.submissions(), 1);
    let task = scene.only_task(second).await;
    assert_eq!((task.status, task.proof, task.attempt), (Status::Success, Some(Proof::BlobsPresent), 0));
    let message = scene.lab.execution(second).await.message;
    assert!(message.ends_with("; 1 already warm"), "{message}");
    assert_eq!(scene.lab.log(task.id).await, [task.message]);
}

#[tokio::test]
async fn a_run_that_waited_for_another_in_vain_preheats_itself() {
    let scene = Scene::start().await;
    scene.engine.faults().on("POST", "/oapi/v1/jobs").inject(Fault::DropAfter);
    let mut spec = Lab::select(&scene.registry, vec![], &[&scene.instance]);
    spec.skip_if_warm = true;
    let first = scene.lab.execute(spec.clone()).await;
    scene.lab.run_due().await;
    let second = scene.lab.execute(spec).await;
    scene.lab.run_due().await;
    assert_eq!(scene.submissions(), 1, "nobody knows yet whether the first has a job");

    scene.lab.store.executions().stop(first).await.unwrap();
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(second).await.status, Status::Success);
    assert_eq!(scene.submissions(), 2);
}
