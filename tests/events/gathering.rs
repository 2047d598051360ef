//! Events of one artifact within a few seconds become one, and what is told twice counts once.

use std::time::Duration;

use forewarm_domain::delivery::Fate;
use forewarm_domain::event::EventKind::{Push, ScanCompleted};
use forewarm_domain::hint::{Hint, Notice};
use forewarm_fake::registry::ImageSpec;

use super::scene::{Scene, hint, image, key};

#[tokio::test]
async fn two_tags_of_an_artifact_pushed_together_are_one_event() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push, ScanCompleted], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default().layer(vec![1]));
    scene.images.push_image("shop/web", "latest", ImageSpec::default().layer(vec![1]));

    let first = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.advance(2);
    scene.lab.run_due().await;
    assert!(scene.started().await.is_empty(), "it waits for more");
    let second = scene.push("shop/web", &pushed.digest, "latest").await;
    let third = scene.tell(ScanCompleted, "shop/web", Some(&pushed.digest), &[]).await;
    scene.lab.advance(1);
    scene.lab.run_due().await;

    let event = scene.event(first).await;
    assert_eq!(event.tags, ["latest", "v1"]);
    assert_eq!(event.kinds, ["push", "scan_completed"]);
    assert_eq!(scene.event(second).await.id, event.id);
    assert_eq!(scene.event(third).await.id, event.id);
    assert_eq!(scene.started().await, ["all"]);
    let task = scene.only_task(scene.executions().await[0].id).await;
    assert_eq!(image(&task).tags, ["latest", "v1"]);
}

#[tokio::test]
async fn without_a_window_an_event_waits_for_nothing() {
    let mut scene = Scene::start().await;
    scene.lab.store = scene.lab.store.clone().with_gathering(Duration::ZERO);
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());

    scene.push("shop/web", &pushed.digest, "v1").await;
    assert!(scene.lab.worker.run_one().await, "it is due at once");

    assert_eq!(scene.started().await, ["all"]);
}

#[tokio::test]
async fn what_happens_later_is_another_event() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());

    let first = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.advance(3);
    scene.lab.run_due().await;
    let second = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;

    assert_ne!(scene.event(first).await.id, scene.event(second).await.id);
    assert_eq!(scene.started().await, ["all", "all"]);
}

#[tokio::test]
async fn tags_told_without_a_digest_come_together_when_they_name_the_same() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    scene.images.push_image("shop/web", "v1", ImageSpec::default().layer(vec![1]));
    scene.images.push_image("shop/web", "latest", ImageSpec::default().layer(vec![1]));
    scene.images.push_image("shop/web", "edge", ImageSpec::default().layer(vec![2]));

    let told = scene.tell(Push, "shop/web", None, &["v1", "latest", "edge", "gone"]).await;
    scene.lab.run_dry().await;

    let notices = scene.delivery(told.delivery_id).await.notices;
    let events: Vec<(i64, Vec<String>)> = notices
        .iter()
        .map(|notice| notice.event.as_ref().unwrap())
        .map(|event| (event.id, event.tags.clone()))
        .collect();
    assert_eq!(events[0], events[1], "v1 and latest");
    assert_eq!(events[0].1, ["latest", "v1"]);
    assert_eq!(events[2].1, ["edge"]);
    assert!(notices[3].event.as_ref().unwrap().message.contains("shop/web:gone"), "{notices:?}");
    assert_eq!(scene.started().await, ["all", "all"]);
}

#[tokio::test]
async fn a_repeated_delivery_starts_nothing_twice() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let notice = || Notice::Hint(hint(Push, "shop/web", Some(&pushed.digest), &["v1"], "id-1"));

    let first = scene.deliver(vec![notice(), notice()]).await;
    assert_eq!((first.accepted, first.duplicates, first.ignored), (1, 1, 0), "also within a delivery");
    let at_once = scene.deliver(vec![notice()]).await;
    scene.lab.run_dry().await;
    scene.lab.advance(23 * 3600);
    let later = scene.deliver(vec![notice()]).await;
    scene.lab.run_dry().await;

    for again in [at_once, later] {
        assert_eq!((again.accepted, again.duplicates), (0, 1));
        let notice = scene.notice(again).await;
        assert_eq!(notice.fate, Fate::Duplicate);
        assert_eq!(notice.event.unwrap().outcome.started, 1, "it shows what came of the first");
    }
    assert_eq!(scene.started().await, ["all"]);

    scene.lab.advance(3600);
    let next_day = scene.deliver(vec![notice()]).await;
    assert_eq!(next_day.accepted, 1, "not a day after the first");
    scene.lab.run_dry().await;
    assert_eq!(scene.started().await, ["all", "all"]);
}

#[tokio::test]
async fn a_key_counts_in_its_registry_and_for_its_time_only() {
    let scene = Scene::start().await;
    let short = |tag: &str| {
        let hint = hint(Push, "shop/web", None, &[tag], "");
        Notice::Hint(Hint { key: key("quay", Duration::from_secs(10)), ..hint })
    };
    assert_eq!(scene.deliver(vec![short("v1")]).await.accepted, 1);
    scene.lab.advance(9);
    assert_eq!(scene.deliver(vec![short("v1")]).await.duplicates, 1);
    scene.lab.advance(1);
    assert_eq!(scene.deliver(vec![short("v1")]).await.accepted, 1);

    let other = scene.lab.registry("other", "http://other.test").await;
    let delivery = forewarm_store::events::NewDelivery {
        registry_id: other.id,
        format: "quay".to_owned(),
        note: String::new(),
        notices: vec![short("v1")],
    };
    assert_eq!(scene.lab.store.events().accept(delivery).await.unwrap().accepted, 1);
}

#[tokio::test]
async fn a_thousand_notices_are_taken_in_at_once() {
    let scene = Scene::start().await;
    let notice = |n: usize| {
        let (tag, key) = (format!("v{}", n % 300), format!("id-{n}"));
        Notice::Hint(hint(Push, "shop/web", None, &[&tag], &key))
    };
    let accepted = scene.deliver((0..1_000).map(notice).collect()).await;

    assert_eq!(accepted.accepted, 1_000);
    let events: i64 =
        sqlx::query_scalar("SELECT count(*) FROM events").fetch_one(scene.lab.store.pool()).await.unwrap();
    assert_eq!(events, 300);
    let tickets: i64 = sqlx::query_scalar("SELECT count(*) FROM apalis.jobs")
        .fetch_one(scene.lab.store.pool())
        .await
        .unwrap();
    assert_eq!(tickets, 300);
}

#[tokio::test]
async fn deliveries_at_the_same_moment_do_not_lock_each_other_out() {
    let scene = Scene::start().await;
    let notices = |turned: bool| {
        let mut notices: Vec<Notice> = (0..50)
            .map(|n| Notice::Hint(hint(Push, &format!("shop/r{n}"), None, &["v1"], &format!("id-{n}"))))
            .collect();
        if turned {
            notices.reverse();
        }
        notices
    };
    let deliveries = (0..8).map(|n| scene.deliver(notices(n % 2 == 0)));
    let accepted = futures::future::join_all(deliveries).await;

    assert_eq!(accepted.iter().map(|a| a.accepted).sum::<usize>(), 50);
    assert_eq!(accepted.iter().map(|a| a.duplicates).sum::<usize>(), 350);
}
