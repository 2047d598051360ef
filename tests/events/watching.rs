//! Registries that send nothing: what changed since the last look becomes events.

use std::time::Duration;

use forewarm_domain::Secret;
use forewarm_domain::auth::Auth;
use forewarm_domain::delivery::WATCH;
use forewarm_domain::event::EventKind::{self, LabelAdded, Push, Signed};
use forewarm_fake::Fault;
use forewarm_fake::harbor::Harbor;
use forewarm_fake::registry::ImageSpec;
use forewarm_store::policies::PolicyDraft;
use forewarm_worker::{Settings, Worker};

use super::scene::{Scene, done, image, project, tag};
use crate::support::lab::Lab;
use crate::support::outbound::outbound;

/// A watched registry with one image, and a policy that waits for these; the first look is done.
async fn scene(events: &[EventKind]) -> Scene {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.watch_every(Some(60)).await;
    scene.policy("all", events, vec![]).await;
    scene.lab.worker.watch().await;
    scene.lab.run_dry().await;
    assert!(scene.started().await.is_empty(), "the first look is a baseline");
    scene
}

async fn rows(scene: &Scene, table: &str) -> i64 {
    let statement = format!("SELECT count(*) FROM {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(statement)).fetch_one(scene.lab.store.pool()).await.unwrap()
}

fn digest(scene: &Scene, tag: &str) -> String {
    forewarm_fake::sha256_digest(&scene.images.manifest("shop/web", tag).unwrap().bytes)
}

/// Repository and tags of everything that was preheated.
async fn preheated(scene: &Scene) -> Vec<String> {
    let mut names = vec![];
    for execution in scene.executions().await {
        for task in scene.lab.tasks(execution.id).await {
            let image = image(&task);
            names.push(format!("{}:{}", image.repository, image.tags.join(",")));
        }
    }
    names
}

#[tokio::test]
async fn new_and_moved_tags_are_pushes_and_what_stays_is_none() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/web:v2", "shop/db:v1", "other/web:v1"]);
    scene.images.push_image("shop/web", "v1", ImageSpec::default().layer(vec![7]));

    scene.look_again().await;
    let mut found = preheated(&scene).await;
    found.sort();
    assert_eq!(found, ["shop/db:v1", "shop/web:v1", "shop/web:v2"]);

    let page = scene.lab.store.events().deliveries(scene.registry.id, 10, 10, 0).await.unwrap();
    assert_eq!(page.total, 2, "one for each repository");
    assert!(page.items.iter().all(|delivery| delivery.format == WATCH), "{page:?}");
    let notes: Vec<&str> = page.items.iter().map(|delivery| &*delivery.note).collect();
    assert!(notes.contains(&"a look at shop/web"), "{notes:?}");

    scene.look_again().await;
    assert_eq!(preheated(&scene).await.len(), 3, "each once");
}

#[tokio::test]
async fn a_look_waits_for_its_time() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/web:v2"]);
    let before = scene.images.recorder().requests().len();

    scene.lab.advance(40);
    scene.lab.worker.watch().await;
    assert_eq!(scene.images.recorder().requests().len(), before);
    scene.watch_every(Some(10)).await;
    scene.lab.worker.watch().await;
    scene.lab.run_dry().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v2"], "a shorter interval counts at once");
}

#[tokio::test]
async fn two_tags_of_one_image_are_one_event() {
    let scene = scene(&[Push]).await;
    for tag in ["v2", "latest"] {
        scene.images.push_image("shop/web", tag, ImageSpec::default().layer(vec![7]));
    }
    scene.look_again().await;
    assert_eq!(preheated(&scene).await, ["shop/web:latest,v2"]);
}

#[tokio::test]
async fn a_tag_that_was_removed_is_forgotten_and_new_when_it_comes_back() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/web:v2"]);
    scene.look_again().await;
    scene.images.untag("shop/web", "v2");
    scene.look_again().await;
    assert_eq!(rows(&scene, "watched_tags").await, 1);
    assert_eq!(scene.started().await.len(), 1);

    scene.images.holds(&["shop/web:v2"]);
    scene.look_again().await;
    assert_eq!(scene.started().await.len(), 2);
}

#[tokio::test]
async fn a_signature_that_was_added_is_an_event_of_what_was_signed() {
    for by_tag in [true, false] {
        let scene = scene(&[Signed]).await;
        let digest = digest(&scene, "v1");
        scene.look_again().await;
        assert!(scene.started().await.is_empty());
        match by_tag {
            true => scene.images.sign_by_tag("shop/web", &digest),
            false => scene.images.sign_by_referrer("shop/web", &digest),
        };

        scene.look_again().await;
        assert_eq!(preheated(&scene).await, ["shop/web:v1"], "by tag: {by_tag}");
        scene.look_again().await;
        assert_eq!(scene.started().await.len(), 1);
        scene.images.sign_by_referrer("shop/web", &digest);
        scene.look_again().await;
        let again = if by_tag { 2 } else { 1 };
        assert_eq!(scene.started().await.len(), again, "the same bytes are the same signature");
    }
}

#[tokio::test]
async fn signatures_and_labels_are_looked_up_only_where_a_policy_waits_for_them() {
    let scene = scene(&[Push]).await;
    let digest = digest(&scene, "v1");
    scene.images.sign_by_tag("shop/web", &digest);
    scene.images.reset_counts();
    scene.look_again().await;
    assert_eq!(scene.images.total_manifest_gets(), 0, "digests cost no more than HEADs");

    // Whoever begins to wait for them gets no storm either.
    scene.policy("signed", &[Signed], vec![]).await;
    scene.look_again().await;
    assert!(scene.started().await.is_empty());
    scene.images.sign_by_referrer("shop/web", &digest);
    scene.look_again().await;
    assert_eq!(scene.started().await, ["signed"]);
}

#[tokio::test]
async fn a_project_that_is_added_later_begins_with_a_baseline_of_its_own() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["team/api:v1"]);
    let team = project(&scene.lab, &scene.registry, "team", "team").await;
    let draft = scene.draft("team", &[Push], vec![]);
    scene.lab.store.policies().create(team.id, &draft).await.unwrap();
    scene.images.holds(&["shop/web:v2"]);

    scene.look_again().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v2"], "and the others go on");
    scene.images.holds(&["team/api:v2"]);
    scene.look_again().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v2", "team/api:v2"]);
}

#[tokio::test]
async fn only_what_enabled_policies_wait_for_is_looked_at() {
    let scene = Scene::start().await;
    scene.images.holds(&["shop/web:v1"]);
    scene.watch_every(Some(60)).await;
    let draft = PolicyDraft { enabled: false, ..scene.draft("off", &[Push], vec![]) };
    let policy = done(scene.lab.store.policies().create(scene.project.id, &draft).await.unwrap());
    scene.lab.worker.watch().await;
    assert_eq!(scene.images.recorder().requests().len(), 0);

    let enabled = scene.draft("off", &[Push], vec![tag("v*")]);
    scene.lab.store.policies().update(policy.id, &enabled).await.unwrap();
    scene.look_again().await;
    assert_eq!((rows(&scene, "watched_tags").await, scene.started().await.len()), (1, 0));
    scene.lab.store.policies().update(policy.id, &draft).await.unwrap();
    scene.look_again().await;
    assert_eq!(rows(&scene, "watched_tags").await, 0, "what nobody needs is forgotten");
}

#[tokio::test]
async fn a_registry_that_is_not_watched_any_more_is_forgotten() {
    let scene = scene(&[Push]).await;
    scene.watch_every(None).await;
    scene.look_again().await;
    assert_eq!(rows(&scene, "watches").await + rows(&scene, "watched_tags").await, 0);
    scene.images.holds(&["shop/web:v2"]);
    scene.watch_every(Some(60)).await;
    scene.look_again().await;
    assert!(scene.started().await.is_empty(), "it begins anew");
}

#[tokio::test]
async fn a_registry_that_moved_to_another_address_begins_with_a_baseline() {
    let scene = scene(&[Push]).await;
    let other = forewarm_fake::registry::Registry::start().await.unwrap();
    other.holds(&["shop/other:v1", "shop/other:v2"]);
    scene.move_to(&other.url()).await;
    // A worker that has no connection to the old address any more.
    let worker = Worker::new(scene.lab.store.clone(), outbound(), Settings::default());
    scene.lab.advance(60);
    worker.watch().await;
    scene.lab.run_dry().await;
    assert!(scene.started().await.is_empty(), "what another registry holds is not new");
    assert_eq!(rows(&scene, "watched_tags").await, 2);
}

#[tokio::test]
async fn an_empty_catalog_is_taken_for_a_stumble_and_makes_nothing_new() {
    let scene = scene(&[Push]).await;
    let catalog = scene.images.faults().on("GET", "/v2/_catalog").times(1);
    catalog.inject(Fault::status(200, r#"{"repositories": []}"#));
    scene.look_again().await;
    scene.look_again().await;
    assert!(scene.started().await.is_empty());
    assert_eq!(rows(&scene, "watched_tags").await, 1);
}

#[tokio::test]
async fn what_the_registry_told_itself_is_not_found_again() {
    let scene = scene(&[Push]).await;
    let pushed = scene.images.push_image("shop/web", "v2", ImageSpec::default());
    scene.lab.advance(10);
    scene.push("shop/web", &pushed.digest, "v2").await;
    scene.lab.run_dry().await;
    assert_eq!(scene.started().await.len(), 1);

    scene.images.holds(&["shop/web:v3"]);
    scene.look_again().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v2", "shop/web:v3"], "only the event that was lost");
}

#[tokio::test]
async fn a_registry_that_is_away_is_looked_at_again_at_its_next_time() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/web:v2"]);
    scene.images.faults().on("GET", "/v2/").always().inject(Fault::bad_gateway());
    scene.look_again().await;
    assert!(scene.started().await.is_empty());
    assert_eq!(rows(&scene, "watched_tags").await, 1, "nothing is forgotten");
    scene.images.faults().clear();
    scene.lab.advance(50);
    scene.lab.worker.watch().await;
    assert!(scene.started().await.is_empty());

    scene.lab.advance(10);
    scene.lab.worker.watch().await;
    scene.lab.run_dry().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v2"]);
}

#[tokio::test]
async fn one_process_looks_and_one_that_died_is_replaced() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/web:v2"]);
    scene.lab.advance(60);
    let lease = Duration::from_secs(30);
    let held = scene.lab.store.watches().begin(lease).await.unwrap().unwrap();
    assert!(scene.lab.store.watches().begin(lease).await.unwrap().is_none(), "one at a time");

    // It dies; its lease runs out, and the next time comes.
    scene.look_again().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v2"]);
    let late = scene.lab.store.watches().note(held.lease, "shop/web", &[], &["v2".to_owned()], vec![]).await;
    assert!(!late.unwrap(), "what wakes up late changes nothing");
    assert_eq!(rows(&scene, "watched_tags").await, 2);
}

#[tokio::test]
async fn a_look_that_broke_off_half_way_fires_each_change_once() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/api:v1", "shop/zoo:v1"]);
    scene.images.faults().on("GET", "/v2/shop/zoo/tags/list").always().inject(Fault::bad_gateway());
    scene.look_again().await;
    scene.images.faults().clear();
    scene.look_again().await;
    scene.look_again().await;

    let mut found = preheated(&scene).await;
    found.sort();
    assert_eq!(found, ["shop/api:v1", "shop/zoo:v1"]);
}

#[tokio::test]
async fn many_workers_find_each_change_once() {
    let scene = scene(&[Push]).await;
    scene.images.holds(&["shop/web:v2", "shop/web:v3"]);
    scene.lab.advance(60);
    let workers: Vec<Worker> =
        (0..4).map(|_| Worker::new(scene.lab.store.clone(), outbound(), Settings::default())).collect();
    futures::future::join_all(workers.iter().map(Worker::watch)).await;
    scene.lab.run_dry().await;

    let mut found = preheated(&scene).await;
    found.sort();
    assert_eq!(found, ["shop/web:v2", "shop/web:v3"]);
}

#[tokio::test]
async fn labels_that_come_with_a_new_image_count_where_labels_are_part_of_it() {
    let scene = scene(&[LabelAdded]).await;
    scene.images.push_image("shop/web", "v1", ImageSpec::default().label("ready", "yes"));
    scene.images.push_image("shop/web", "v2", ImageSpec::default());
    scene.look_again().await;
    assert_eq!(preheated(&scene).await, ["shop/web:v1"]);
    scene.look_again().await;
    assert_eq!(scene.started().await.len(), 1);
}

#[tokio::test]
async fn a_label_put_on_an_artifact_of_harbor_is_an_event() {
    let (scene, hub) = harbor().await;
    hub.label("shop/web", "v1", "ready");
    scene.look_again().await;
    assert_eq!(scene.started().await, ["all"]);
    scene.look_again().await;
    assert_eq!(scene.started().await.len(), 1);
    hub.label("shop/web", "v1", "approved");
    scene.look_again().await;
    assert_eq!(scene.started().await.len(), 2);
}

/// A watched Harbor with one image, and a policy that waits for labels; the first look is done.
async fn harbor() -> (Scene, Harbor) {
    let hub = Harbor::start().await.unwrap();
    hub.project("shop");
    let robot = hub.robot("shop", "warm", "secret");
    hub.holds(&["shop/web:v1", "shop/web:v2"]);
    hub.label("shop/web", "v2", "ready");
    let lab = Lab::start().await;
    let auth = Auth::Basic { username: robot, password: Secret::new("secret") };
    let registry = lab.registry_of("harbor", "hub", &hub.url(), auth).await;
    let scene = Scene::of(lab, registry).await;
    scene.watch_every(Some(60)).await;
    scene.policy("all", &[LabelAdded], vec![]).await;
    scene.lab.worker.watch().await;
    scene.lab.run_dry().await;
    assert_eq!(rows(&scene, "watched_tags").await, 2);
    assert!(scene.started().await.is_empty(), "the first look is a baseline");
    (scene, hub)
}
