//! From an event to the executions of the policies that wait for it.

use forewarm_domain::event::EventKind::{LabelAdded, Push, ScanCompleted, Signed};
use forewarm_domain::filter::Filter;
use forewarm_domain::status::Status;
use forewarm_fake::registry::{ArtifactSpec, ImageSpec};
use forewarm_store::policies::PolicyDraft;

use super::scene::{Scene, image, project, reason, repository, tag, verdict};

#[tokio::test]
async fn a_push_starts_every_policy_that_it_matches_and_nothing_else() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    scene.images.holds(&["shop/web:v0", "shop/db:v1"]);
    scene.policy("all", &[Push], vec![]).await;
    scene.policy("versions", &[ScanCompleted, Push], vec![repository("web"), tag("v*")]).await;
    scene.policy("nightly", &[Push], vec![tag("nightly-*")]).await;
    scene.policy("databases", &[Push], vec![repository("db")]).await;
    scene.policy("scanned", &[ScanCompleted], vec![]).await;
    let disabled = PolicyDraft { enabled: false, ..scene.draft("off", &[Push], vec![]) };
    scene.lab.store.policies().create(scene.project.id, &disabled).await.unwrap();

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;

    assert_eq!(scene.started().await, ["all", "versions"]);
    for execution in scene.executions().await {
        assert_eq!(
            (execution.status, &*execution.trigger),
            (Status::Success, "event"),
            "{}",
            execution.message
        );
        let task = scene.only_task(execution.id).await;
        assert_eq!(image(&task).tags, ["v1"]);
        assert_eq!(image(&task).digest.as_str(), pushed.digest);
    }
    let event = scene.event(told).await;
    assert_eq!((&*event.status, &*event.message), ("done", "2 of 5 policies started"));
    assert_eq!(verdict(&event, "all").execution_id, Some(scene.executions().await[0].id));
    assert_eq!(reason(&event, "nightly"), "tag 'v1' does not match 'nightly-*'");
    assert_eq!(reason(&event, "databases"), "repository 'web' does not match 'db'");
    assert_eq!(reason(&event, "off"), "disabled");
    assert_eq!((event.outcome.total, event.outcome.started), (5, 2), "and none that waits for scans");
}

#[tokio::test]
async fn labels_signatures_and_scans_are_looked_up_once_for_all_policies() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default().label("team", "shop"));
    let label = |label: &str| Filter::Label { labels: vec![label.to_owned()] };
    for n in 0..5 {
        scene.policy(&format!("team-{n}"), &[Push], vec![label("team=shop")]).await;
        scene.policy(&format!("other-{n}"), &[Push], vec![label("team=db")]).await;
        scene.policy(&format!("signed-{n}"), &[Push], vec![Filter::Signature { signed: true }]).await;
    }
    scene.images.reset_counts();

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.advance(3);
    assert!(scene.lab.worker.run_one().await, "the evaluation alone");

    let event = scene.event(told).await;
    assert_eq!((event.outcome.total, event.outcome.started), (15, 5));
    assert_eq!(reason(&event, "other-0"), "label 'team=db' is missing");
    assert_eq!(reason(&event, "signed-0"), "it has no signature, which the policy demands");
    let config = scene.images.total_blob_gets();
    assert_eq!(config, 1, "the image's config");
    assert!(scene.images.total_manifest_gets() <= 4, "{}", scene.images.total_manifest_gets());
}

#[tokio::test]
async fn only_projects_whose_namespace_holds_the_repository_are_concerned() {
    let scene = Scene::start().await;
    let whole = project(&scene.lab, &scene.registry, "whole", "").await;
    let other = project(&scene.lab, &scene.registry, "other", "shopping").await;
    for project in [&whole, &other] {
        let draft = scene.draft("all", &[Push], vec![repository("shop/web")]);
        scene.lab.store.policies().create(project.id, &draft).await.unwrap();
    }
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;

    let event = scene.event(told).await;
    assert_eq!(event.outcome.policies.len(), 1, "{event:?}");
    assert_eq!(event.outcome.policies[0].project, "whole");
    assert!(event.outcome.policies[0].execution_id.is_some());
}

#[tokio::test]
async fn where_nobody_waits_the_registry_is_not_asked() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let untouched = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;
    scene.policy("databases", &[Push], vec![repository("db")]).await;
    let unmatched = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;

    assert_eq!(scene.images.recorder().requests().len(), 0);
    let nobody = "no policy waits for such an event of this repository";
    assert_eq!(scene.event(untouched).await.message, nobody);
    let event = scene.event(unmatched).await;
    assert_eq!(event.message, "none of 1 policy started");
    assert_eq!(reason(&event, "databases"), "repository 'web' does not match 'db'");
}

#[tokio::test]
async fn a_change_of_a_policy_counts_from_the_next_event_on() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    let policy = scene.policy("versions", &[Push], vec![tag("x*")]).await;
    scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;
    assert!(scene.started().await.is_empty());

    // The clock stands still: only the content tells.
    let draft = scene.draft("versions", &[Push], vec![tag("v*")]);
    scene.lab.store.policies().update(policy.id, &draft).await.unwrap();
    scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;
    assert_eq!(scene.started().await, ["versions"]);

    scene.lab.store.policies().delete(scene.project.id, "versions").await.unwrap();
    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;
    assert_eq!(scene.event(told).await.outcome.total, 0);
}

#[tokio::test]
async fn a_scan_is_about_all_tags_of_the_artifact() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default().layer(vec![1]));
    scene.images.push_image("shop/web", "prod", ImageSpec::default().layer(vec![1]));
    scene.policy("prod", &[ScanCompleted], vec![tag("prod")]).await;
    scene.policy("pushes", &[Push], vec![]).await;
    let vulnerable = Filter::Vulnerability { max_severity: "high".parse().unwrap() };
    scene.policy("harmless", &[ScanCompleted], vec![vulnerable]).await;

    let told = scene.tell(ScanCompleted, "shop/web", Some(&pushed.digest), &[]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.started().await, ["prod"]);
    let event = scene.event(told).await;
    assert!(reason(&event, "harmless").starts_with("it counts as vulnerable:"), "{event:?}");
    let task = scene.only_task(scene.executions().await[0].id).await;
    assert_eq!(image(&task).tags, ["prod"]);
}

#[tokio::test]
async fn a_label_that_was_added_starts_who_waits_for_labels() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default().label("ready", "yes"));
    let ready = Filter::Label { labels: vec!["ready=yes".to_owned()] };
    scene.policy("ready", &[LabelAdded], vec![ready]).await;

    scene.tell(LabelAdded, "shop/web", Some(&pushed.digest), &["v1"]).await;
    scene.lab.run_dry().await;

    assert_eq!(scene.started().await, ["ready"]);
}

#[tokio::test]
async fn a_signature_that_arrives_later_fires_policies_for_signed_artifacts() {
    for by_tag in [true, false] {
        let scene = Scene::start().await;
        let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
        let signed = vec![Filter::Signature { signed: true }];
        scene.policy("signed", &[Push, Signed], signed).await;
        let first = scene.push("shop/web", &pushed.digest, "v1").await;
        scene.lab.run_dry().await;
        let reason_first = reason(&scene.event(first).await, "signed").to_owned();
        assert_eq!(reason_first, "it has no signature, which the policy demands");

        let told = if by_tag {
            scene.images.sign_by_tag("shop/web", &pushed.digest);
            scene.tell(Signed, "shop/web", Some(&pushed.digest), &[]).await
        } else {
            let signature = scene.images.sign_by_referrer("shop/web", &pushed.digest);
            scene.tell(Push, "shop/web", Some(&signature.digest), &[]).await
        };
        scene.lab.run_dry().await;

        assert_eq!(scene.started().await, ["signed"], "by tag: {by_tag}");
        let notice = scene.notice(told).await;
        let event = notice.event.unwrap();
        assert_eq!((&event.kinds[..], &event.tags[..]), (&["signed".to_owned()][..], &[][..]));
        if !by_tag {
            assert_eq!(notice.reason, format!("it is a signature of {}", pushed.digest));
        }
        let task = scene.only_task(scene.executions().await[0].id).await;
        assert_eq!(image(&task).digest.as_str(), pushed.digest);
    }
}

#[tokio::test]
async fn who_waits_for_signatures_is_not_started_without_one() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    scene.policy("signed", &[Signed], vec![]).await;

    let told = scene.tell(Signed, "shop/web", Some(&pushed.digest), &[]).await;
    scene.lab.run_dry().await;

    assert!(scene.started().await.is_empty());
    assert_eq!(scene.event(told).await.message, "it has no signature");
}

#[tokio::test]
async fn what_is_no_image_with_a_tag_is_no_push() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push, Signed], vec![]).await;
    let index = scene.images.push_index("shop/web", "v1", &["linux/amd64", "linux/arm64"], true);
    let chart = scene.images.push_artifact("shop/web", Some("1.0"), ArtifactSpec::helm("x"));
    let sbom = ArtifactSpec::of_type("application/spdx+json", b"{}").subject(&index.digest);
    let sbom = scene.images.push_artifact("shop/web", None, sbom);
    let alone = "pushed by digest alone: the child of an index, or something without a tag";
    let gone = format!("sha256:{}", "0".repeat(64));
    let cases = [
        (&index.children[0].digest, vec![], alone.to_owned()),
        (&index.children[2].digest, vec![], alone.to_owned()),
        (&chart.digest, vec!["1.0"], "shop/web@".to_owned()),
        (&sbom.digest, vec![], "no push of an image: application/spdx+json attached to sha256:".to_owned()),
        (&gone, vec!["v9"], "shop/web@sha256:0000".to_owned()),
    ];
    for (digest, tags, message) in cases {
        let told = scene.tell(Push, "shop/web", Some(digest), &tags).await;
        scene.lab.run_dry().await;
        let event = scene.event(told).await;
        assert_eq!(event.status, "done");
        assert!(event.message.starts_with(&message), "{message}: {event:?}");
    }
    assert!(scene.started().await.is_empty());

    scene.push("shop/web", &index.digest, "v1").await;
    scene.lab.run_dry().await;
    assert_eq!(scene.started().await, ["all"], "the index itself");
    assert_eq!(scene.lab.tasks(scene.executions().await[0].id).await.len(), 2, "one for each platform");
}

#[tokio::test]
async fn a_tag_that_has_moved_on_is_left_to_the_event_of_its_next_push() {
    let scene = Scene::start().await;
    scene.policy("all", &[Push], vec![]).await;
    let old = scene.images.push_image("shop/web", "v1", ImageSpec::default().layer(vec![1]));
    scene.images.push_image("shop/web", "v2", ImageSpec::default().layer(vec![1]));
    scene.images.push_image("shop/web", "v1", ImageSpec::default().layer(vec![2]));

    scene.tell(Push, "shop/web", Some(&old.digest), &["v1", "v2"]).await;
    scene.lab.run_dry().await;
    let task = scene.only_task(scene.executions().await[0].id).await;
    assert_eq!(image(&task).tags, ["v2"]);

    let told = scene.push("shop/web", &old.digest, "v1").await;
    scene.lab.run_dry().await;
    assert_eq!(scene.event(told).await.message, "its tags name something else by now: v1");
    assert_eq!(scene.executions().await.len(), 1);
}

#[tokio::test]
async fn two_hundred_policies_are_listed_with_their_number_in_all() {
    let scene = Scene::start().await;
    let pushed = scene.images.push_image("shop/web", "v1", ImageSpec::default());
    for n in 0..230 {
        let pattern = if n % 100 == 7 { "v1" } else { "x*" };
        scene.policy(&format!("p{n:03}"), &[Push], vec![tag(pattern)]).await;
    }

    let told = scene.push("shop/web", &pushed.digest, "v1").await;
    scene.lab.run_dry().await;

    let event = scene.event(told).await;
    assert_eq!((event.outcome.total, event.outcome.started, event.outcome.policies.len()), (230, 3, 200));
    let first: Vec<&str> = event.outcome.policies.iter().take(3).map(|verdict| &*verdict.policy).collect();
    assert_eq!(first, ["p007", "p107", "p207"], "those that it started come first");
}
