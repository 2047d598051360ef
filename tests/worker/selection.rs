//! Which artifacts become tasks, and what is said of them.

use super::*;

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

#[tokio::test]
async fn two_tags_of_one_image_that_are_asked_for_by_name_are_one_task() {
    let scene = Scene::start().await;
    for tag in ["v1", "latest"] {
        scene.images.push_image("shop/web", tag, ImageSpec::of("linux/amd64").layer_of("same", 10));
    }

    let spec =
        Lab::images(&scene.registry, &[("shop/web", "v1"), ("shop/web", "latest")], &[&scene.instance]);
    let id = scene.lab.execute(spec).await;
    scene.lab.run_dry().await;

    let execution = scene.lab.execution(id).await;
    assert_eq!(execution.message, "1 artifact of 1 repository matched, 1 task");
    let forewarm_domain::task::Target::Image(image) = &scene.lab.tasks(id).await[0].target else {
        panic!("an image")
    };
    assert_eq!(image.tags, ["v1", "latest"]);
}

fn digest_of(task: &forewarm_domain::task::Task) -> String {
    match &task.target {
        forewarm_domain::task::Target::Image(image) => image.digest.to_string(),
        forewarm_domain::task::Target::Files { .. } => panic!("an image"),
    }
}
