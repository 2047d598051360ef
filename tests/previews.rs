//! Previews: what a policy would preheat and why not the rest, without changing anything.

use forewarm_fake::registry::{ImageSpec, Registry as Fake};
use forewarm_fake::{Fault, registry};
use serde_json::{Value, json};

use crate::support::access::ADMIN_TOKEN;
use crate::support::app::TestApp;
use crate::support::binary::forewarm;

const PREVIEW: &str = "/api/v1/projects/shop/policies/releases/preview";

/// A project `shop` over a fake registry, two mirrors, and a policy `releases`.
async fn scene(filters: Value) -> (TestApp, Fake) {
    let app = TestApp::start().await;
    let fake = Fake::start().await.unwrap();
    app.create("/api/v1/registries", &json!({ "name": "hub", "url": fake.url() })).await;
    for name in ["east", "west"] {
        let mirror = json!({ "name": name, "vendor": "mirror", "endpoint": "http://mirror.test:5000" });
        app.create("/api/v1/instances", &mirror).await;
    }
    let project = json!({ "name": "shop", "registry": "hub", "namespace": "shop" });
    app.create("/api/v1/projects", &project).await;
    let policy = json!({ "name": "releases", "instances": ["east", "west"], "filters": filters });
    app.create("/api/v1/projects/shop/policies", &policy).await;
    (app, fake)
}

async fn preview(app: &TestApp, path: &str) -> Value {
    let answer = app.act(path).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

#[tokio::test]
async fn a_preview_shows_each_task_with_its_size_and_the_totals() {
    let (app, fake) = scene(json!([{ "type": "tag", "pattern": "v*" }])).await;
    let image = fake.push_image("shop/web", "v1", ImageSpec::of("linux/amd64").layer_of("one", 5_000));
    fake.tag("shop/web", "v1", "v1.0");
    let index = fake.push_index("shop/cart", "v2", &["linux/amd64", "linux/arm64"], true);

    let found = preview(&app, PREVIEW).await;

    assert_eq!(found["totals"]["artifacts"], 2);
    assert_eq!(found["totals"]["tasks"], 6, "{found:#}");
    assert_eq!(found["complete"], true);
    let web: Vec<&Value> = tasks(&found).filter(|task| task["repository"] == "shop/web").collect();
    assert_eq!(web.len(), 2);
    assert_eq!(web[0]["digest"], image.digest);
    assert_eq!(web[0]["tags"], json!(["v1", "v1.0"]));
    let size: u64 = image.blobs.iter().map(|blob| fake.blob(blob).unwrap().len() as u64).sum();
    assert_eq!(web[0]["size"], size);
    let children: u64 = ["linux/amd64", "linux/arm64"]
        .iter()
        .flat_map(|platform| index.child(platform).unwrap().blobs.clone())
        .map(|blob| fake.blob(&blob).unwrap().len() as u64)
        .sum();
    assert_eq!(found["totals"]["bytes"], size + children);
    let mut platforms: Vec<&str> = tasks(&found)
        .filter(|task| task["repository"] == "shop/cart" && task["instance"] == "east")
        .map(|task| task["platform"].as_str().unwrap())
        .collect();
    platforms.sort_unstable();
    assert_eq!(platforms, ["linux/amd64", "linux/arm64"]);
}

#[tokio::test]
async fn what_is_left_out_names_the_filter_that_it_failed_first_and_the_value() {
    let filters = json!([
        { "type": "repository", "pattern": "web" }, { "type": "tag", "pattern": "v*" },
        { "type": "label", "labels": ["team=shop"] }, { "type": "signature", "signed": true },
    ]);
    let (app, fake) = scene(filters).await;
    fake.holds(&["shop/cart:v1", "shop/web:latest", "shop/web:v1"]);
    let labelled = ImageSpec::of("linux/amd64").label("team", "shop");
    fake.push_image("shop/web", "v2", labelled.clone());
    let signed = fake.push_image("shop/web", "v3", labelled.layer_of("other", 10));
    fake.sign_by_tag("shop/web", &signed.digest);

    let found = preview(&app, PREVIEW).await;

    let expected = json!({ "repository": 1, "tag": 1, "label": 1, "signature": 1, "media_type": 1 });
    // The tag of the signature itself matches no `v*`.
    let expected = without(expected, "media_type", "tag");
    assert_eq!(found["totals"]["left_out_by"], expected, "{found:#}");
    let reasons: Vec<&str> = found["left_out"]
        .as_array()
        .unwrap()
        .iter()
        .map(|missed| missed["reason"].as_str().unwrap())
        .collect();
    for reason in [
        "repository 'cart' does not match 'web'",
        "tag 'latest' does not match 'v*'",
        "label 'team=shop' is missing",
        "it has no signature, which the policy demands",
    ] {
        assert!(reasons.contains(&reason), "'{reason}' is missing in {reasons:#?}");
    }
    assert_eq!(tasks(&found).next().unwrap()["tags"], json!(["v3"]));
}

/// One more by the other filter.
fn without(mut counts: Value, name: &str, other: &str) -> Value {
    let moved = counts.as_object_mut().unwrap().remove(name).unwrap().as_i64().unwrap();
    counts[other] = json!(counts[other].as_i64().unwrap() + moved);
    counts
}

#[tokio::test]
async fn a_preview_comes_in_pages_and_changes_nothing() {
    let (app, fake) = scene(json!([])).await;
    fake.holds(&["shop/web:v1", "shop/web:v2", "shop/web:v3"]);
    let first = preview(&app, &format!("{PREVIEW}?page_size=4")).await;
    let second = preview(&app, &format!("{PREVIEW}?page=2&page_size=4")).await;

    assert_eq!((tasks(&first).count(), tasks(&second).count()), (4, 2));
    assert!(tasks(&second).all(|task| !tasks(&first).any(|other| other == task)));
    assert_eq!(first["totals"], second["totals"]);
    assert_eq!((app.rows("executions").await, app.rows("tasks").await), (0, 0));
}

#[tokio::test]
async fn an_unsaved_policy_is_previewed_and_not_stored() {
    let (app, fake) = scene(json!([])).await;
    fake.holds(&["shop/web:v1", "shop/web:v2"]);
    let policy = json!({
        "name": "idea", "instances": ["east"], "filters": [{ "type": "tag", "pattern": "v2" }],
    });
    let answer = app.post("/api/v1/projects/shop/preview", &policy).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    assert_eq!(answer.json()["totals"]["tasks"], 1);
    assert_eq!(app.rows("policies").await, 1);

    let bad =
        json!({ "name": "idea", "instances": ["east"], "filters": [{ "type": "tag", "pattern": "[" }] });
    let answer = app.post("/api/v1/projects/shop/preview", &bad).await;
    assert_eq!(answer.status, 400);
    assert!(answer.complaints().starts_with("filters[0].pattern: "), "{}", answer.text);
}

#[tokio::test]
async fn the_projects_criteria_show_in_the_preview_and_in_the_policy() {
    let (app, fake) = scene(json!([{ "type": "vulnerability", "max_severity": "critical" }])).await;
    fake.holds(&["shop/web:v1"]);
    let criteria = json!({ "signed_only": true, "max_severity": "high" });
    let project = json!({ "name": "shop", "registry": "hub", "namespace": "shop", "criteria": criteria });
    assert_eq!(app.put("/api/v1/projects/shop", &project).await.status, 200);

    let policy = app.get("/api/v1/projects/shop/policies/releases").await.json();
    let expected = json!({
        "signed": { "value": true, "from": "project" }, "max_severity": { "value": "high", "from": "project" },
        "follow_registry": true,
    });
    assert_eq!(policy["criteria"], expected);
    let found = preview(&app, PREVIEW).await;
    assert_eq!(found["criteria"], expected);
    assert_eq!(found["totals"]["left_out_by"], json!({ "vulnerability": 1 }));
}

#[tokio::test]
async fn a_registry_that_is_down_or_lies_makes_the_preview_say_why() {
    let (app, fake) = scene(json!([])).await;
    fake.holds(&["shop/web:v1"]);
    fake.lie(registry::Lie::ManifestBody);
    let answer = app.act(PREVIEW).await;
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert!(answer.complaints().contains("whose digest is"), "{}", answer.text);

    fake.stop_lying();
    fake.faults().on("GET", "/v2/_catalog").always().inject(Fault::status(403, "no"));
    let answer = app.act(PREVIEW).await;
    assert_eq!(answer.status, 502, "{}", answer.text);
    assert!(answer.complaints().contains("static list of repositories"), "{}", answer.text);
}

#[tokio::test]
async fn the_command_prints_a_table_or_the_servers_answer() {
    let (app, fake) = scene(json!([{ "type": "tag", "pattern": "v*" }])).await;
    fake.holds(&["shop/web:v1", "shop/web:latest"]);
    let server = app.listen().await;
    let text = run(&["policy", "preview", "shop/releases", "--server", &server.url]).await;
    assert!(text.starts_with("1 artifacts, 2 tasks, "), "{text}");
    assert!(text.contains("shop/web:v1"), "{text}");
    assert!(text.contains("tag: tag 'latest' does not match 'v*'"), "{text}");

    let json = run(&["policy", "preview", "shop/releases", "-o", "json", "--server", &server.url]).await;
    let json: Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["totals"]["tasks"], 2);
}

async fn run(args: &[&str]) -> String {
    let mut command = tokio::process::Command::new(forewarm());
    let output = command.args(args).env("FOREWARM_TOKEN", ADMIN_TOKEN).output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn tasks(preview: &Value) -> impl Iterator<Item = &Value> {
    preview["tasks"].as_array().unwrap().iter()
}
