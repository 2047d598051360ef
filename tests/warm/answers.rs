//! What the API tells of what is warm.

use poem::Response;
use poem::endpoint::BoxEndpoint;
use poem::http::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::*;
use crate::support::app::{Answer, endpoint, request, send};

impl Scene {
    fn api(&self) -> BoxEndpoint<'static, Response> {
        endpoint(self.lab.store.clone(), CancellationToken::new())
    }

    /// The registry's host, as images name it.
    fn host(&self) -> String {
        self.images.url().trim_start_matches("http://").to_owned()
    }
}

async fn ask(scene: &Scene, query: &str) -> Answer {
    send(&scene.api(), request(Method::GET, &format!("/api/v1/warm?{query}"))).await
}

/// The entries of an answer that must be one.
async fn warm(scene: &Scene, query: &str) -> Vec<Value> {
    let answer = ask(scene, query).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json().as_array().unwrap().clone()
}

#[tokio::test]
async fn an_image_is_warm_where_it_was_proven_until_about_the_end_of_its_time() {
    let scene = Scene::start().await;
    let id = scene.preheat().await;
    let task = scene.only_task(id).await;
    let ended = task.ended_at.unwrap();

    let found = warm(&scene, &format!("image={}/shop/web:v1", scene.host())).await;

    assert_eq!(found.len(), 1);
    let forewarm_domain::task::Target::Image(image) = &task.target else { panic!("an image") };
    for (field, value) in [
        ("instance", json!("seeds")),
        ("registry", json!("hub")),
        ("repository", json!("shop/web")),
        ("digest", json!(image.digest.to_string())),
        ("artifact_digest", json!(image.digest.to_string())),
        ("tags", json!(["v1"])),
        ("proof", json!("blobs_present")),
        ("fresh", json!(true)),
        ("execution", json!(id)),
        ("task", json!(task.id)),
    ] {
        assert_eq!(found[0][field], value, "{field}");
    }
    let time =
        |field: &str| found[0][field].as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap();
    let micros = |time: chrono::DateTime<chrono::Utc>| time.timestamp_micros();
    assert_eq!(micros(time("since")), micros(ended));
    assert_eq!(micros(time("proven_at")), micros(ended));
    assert_eq!(micros(time("fresh_until")), micros(ended + chrono::TimeDelta::hours(6)));
    assert!(found[0]["bytes"].as_i64().unwrap() > 0);
}

#[tokio::test]
async fn an_image_can_be_named_in_every_usual_way() {
    let scene = Scene::start().await;
    let index = scene.images.push_index("shop/db", "v1", &["linux/amd64", "linux/arm64"], false);
    scene.preheat().await;
    let amd64 = index.child("linux/amd64").unwrap().digest.clone();
    let host = scene.host();
    for (query, entries) in [
        (format!("image={host}/shop/db:v1"), 2),
        (format!("image={host}/shop/db@{}", index.digest), 2),
        (format!("image={host}/shop/db@{amd64}"), 1),
        ("image=shop/db:v1".to_owned(), 2),
        ("image=shop/db:v1&registry=hub".to_owned(), 2),
        (format!("digest={}", index.digest), 2),
        (format!("digest={amd64}"), 1),
        (format!("image=shop/db:v1&digest={amd64}"), 1),
        ("image=shop/db:v1&instance=seeds&fresh_only=true".to_owned(), 2),
        ("image=shop/db:v2".to_owned(), 0),
        (String::new(), 3),
    ] {
        assert_eq!(warm(&scene, &query).await.len(), entries, "{query}");
    }
    let page = ask(&scene, "page=2&page_size=2").await;
    assert_eq!((page.json().as_array().unwrap().len(), page.header("x-total-count")), (1, "3"));
}

#[tokio::test]
async fn what_is_too_old_is_shown_but_not_as_fresh() {
    let scene = Scene::start().await;
    scene.preheat().await;
    scene.lab.advance(6 * HOUR + 1);

    let found = warm(&scene, "image=shop/web:v1").await;

    assert_eq!(found[0]["fresh"], json!(false));
    let fresh = ask(&scene, "image=shop/web:v1&fresh_only=true").await;
    assert_eq!((fresh.json(), fresh.header("x-total-count")), (json!([]), "0"));
}

#[tokio::test]
async fn a_tag_means_what_it_named_at_the_last_preheat() {
    let scene = Scene::start().await;
    scene.preheat().await;
    let first = warm(&scene, "image=shop/web:v1").await[0]["digest"].clone();
    let moved = scene.images.push_image(
        "shop/web",
        "v1",
        forewarm_fake::registry::ImageSpec::of("linux/amd64").layer_of("moved", 10),
    );
    assert_eq!(warm(&scene, "image=shop/web:v1").await[0]["digest"], first, "nobody has looked since");

    let id = scene.lab.execute(Lab::select(&scene.registry, vec![], &[&scene.instance])).await;
    assert!(scene.lab.worker.run_one().await, "the expansion");
    assert_eq!(warm(&scene, "image=shop/web:v1").await, Vec::<Value>::new(), "what it names now is cold");
    scene.lab.run_dry().await;

    assert_eq!(scene.lab.execution(id).await.status, Status::Success);
    let found = warm(&scene, "image=shop/web:v1").await;
    assert_eq!((found.len(), &found[0]["digest"]), (1, &json!(moved.digest)));
    let old = warm(&scene, &format!("digest={}", first.as_str().unwrap())).await;
    assert_eq!(old[0]["tags"], json!([]), "still warm, but nothing names it");
}

#[tokio::test]
async fn a_new_tag_of_something_warm_names_it_without_another_preheat() {
    let scene = Scene::start().await;
    let push = |tag: &str| {
        let image = forewarm_fake::registry::ImageSpec::of("linux/amd64").layer_of("same", 10);
        scene.images.push_image("shop/db", tag, image);
    };
    push("v1");
    scene.preheat().await;
    push("latest");
    scene.preheat_cold().await;

    let found = warm(&scene, "image=shop/db:latest").await;

    assert_eq!(found[0]["tags"], json!(["latest", "v1"]));
    assert_eq!(scene.submissions(), 2, "shop/web and shop/db once each");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_refused() {
    let scene = Scene::start().await;
    scene.lab.registry("other", "http://other.test").await;
    for (query, complaint) in [
        ("image=shop/web:v1", "image: names no registry"),
        ("image=elsewhere.test/web:v1", "no registry with the host 'elsewhere.test'"),
        ("image=shop/web", "image: "),
        ("image=web:v1&registry=nowhere", "registry: there is no registry 'nowhere'"),
        ("digest=sha256:12", "digest: 'sha256:12'"),
        ("instance=nobody", "instance: there is no instance 'nobody'"),
    ] {
        let answer = ask(&scene, query).await;
        assert_eq!(answer.status, 400, "{query}: {}", answer.text);
        assert!(answer.complaints().contains(complaint), "{query}: {}", answer.text);
    }
}
