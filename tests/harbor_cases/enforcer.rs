//! Whole policies over a Harbor, after goharbor/harbor's `enforcer_test.go`; its project settings count, and so do the
//! policy's own filters, which Harbor drops.

use forewarm_fake::harbor::{ADMIN, ADMIN_PASSWORD, Harbor, Scan};
use serde_json::{Value, json};

use crate::support::app::TestApp;

/// Settings of a Harbor project.
type Settings = &'static [(&'static str, &'static str)];

/// Project `library` as in Harbor's test: every artifact scans as low.
async fn library() -> Harbor {
    let harbor = Harbor::start().await.unwrap();
    harbor.project("library");
    for (repository, tag, labels) in [
        ("library/sub/busybox", "prod", ["approved", "ready"]),
        ("library/busybox", "latest", ["approved", "staged"]),
    ] {
        harbor.holds(&[&format!("{repository}:{tag}")]);
        harbor.tag(repository, tag, "stage");
        for label in labels {
            harbor.label(repository, tag, label);
        }
        harbor.scan(repository, tag, &Scan::found(&[("CVE-2026-1", "Low")]));
    }
    harbor
}

/// What a policy with these filters would do in a project over this namespace.
async fn preview(harbor: &Harbor, namespace: &str, filters: Value) -> Value {
    let app = TestApp::start().await;
    let auth = json!({ "mode": "basic", "username": ADMIN, "secret": ADMIN_PASSWORD });
    let registry = json!({ "name": "harbor", "kind": "harbor", "url": harbor.url(), "auth": auth });
    app.create("/api/v1/registries", &registry).await;
    let instance =
        json!({ "name": "edge", "vendor": "mirror", "endpoint": "http://mirror.test", "default": true });
    app.create("/api/v1/instances", &instance).await;
    let project = json!({ "name": "ours", "registry": "harbor", "namespace": namespace });
    app.create("/api/v1/projects", &project).await;
    let policy = json!({ "name": "one", "filters": filters });
    let answer = app.post("/api/v1/projects/ours/preview", &policy).await;
    assert_eq!(answer.status, 200, "{}", answer.text);
    answer.json()
}

/// `repository:tags` of what would be preheated.
fn images(preview: &Value) -> Vec<String> {
    let task = |task: &Value| {
        let tags: Vec<&str> = task["tags"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        format!("{}:{}", task["repository"].as_str().unwrap(), tags.join(","))
    };
    let mut images: Vec<String> = preview["tasks"].as_array().unwrap().iter().map(task).collect();
    images.sort();
    images
}

fn everything() -> Vec<String> {
    vec!["library/busybox:latest,stage".to_owned(), "library/sub/busybox:prod,stage".to_owned()]
}

#[tokio::test]
async fn repository_tag_and_labels_leave_one_candidate() {
    let harbor = library().await;
    harbor.project("library").set("prevent_vul", "true").set("severity", "high");
    let filters = json!([
        { "type": "repository", "pattern": "sub/**" }, { "type": "tag", "pattern": "prod*" },
        { "type": "label", "labels": ["approved", "ready"] },
    ]);
    let found = preview(&harbor, "library", filters).await;
    assert_eq!(images(&found), ["library/sub/busybox:prod"]);
    assert_eq!(found["criteria"]["max_severity"], json!({ "value": "high", "from": "registry" }));

    let filters = json!([
        { "type": "repository", "pattern": "busy*" }, { "type": "tag", "pattern": "stage*" },
        { "type": "label", "labels": ["staged"] },
    ]);
    assert_eq!(images(&preview(&harbor, "library", filters).await), ["library/busybox:stage"]);
}

#[tokio::test]
async fn project_settings_override_as_in_harbors_table_but_drop_nothing() {
    let signed = json!({ "type": "signature", "signed": true });
    let below = |severity: &str| json!({ "type": "vulnerability", "max_severity": severity });
    let table: [(Settings, Value, usize); 10] = [
        (&[], json!([]), 2),
        // Harbor drops the policy's own filters here, and finds both.
        (&[], json!([signed]), 0),
        (&[], json!([below("low")]), 0),
        (&[("enable_content_trust_cosign", "true")], json!([]), 0),
        (&[("prevent_vul", "true"), ("severity", "HIGH")], json!([]), 2),
        (&[("prevent_vul", "true"), ("severity", "high")], json!([below("negligible")]), 0),
        (&[("prevent_vul", "true"), ("severity", "low")], json!([below("critical")]), 0),
        (&[("prevent_vul", "true"), ("severity", "")], json!([]), 2),
        (&[("prevent_vul", "false"), ("severity", "low")], json!([]), 2),
        (&[("prevent_vul", "true"), ("severity", "none")], json!([]), 0),
    ];
    let harbor = library().await;
    for (settings, filters, expected) in table {
        let project = harbor.project("library");
        let project = ["enable_content_trust_cosign", "prevent_vul", "severity"]
            .into_iter()
            .fold(project, forewarm_fake::harbor::Setup::unset);
        settings.iter().fold(project, |project, (key, value)| project.set(key, value));
        let found = preview(&harbor, "library", filters.clone()).await;
        assert_eq!(images(&found).len(), expected, "{settings:?} {filters}: {found:#}");
    }
}

#[tokio::test]
async fn content_trust_lets_signed_artifacts_pass() {
    let harbor = library().await;
    harbor.project("library").set("enable_content_trust", "true");
    let digest = harbor.registry().digest("library/busybox", "latest").unwrap();
    harbor.accessory("library/busybox", &digest, "signature.notation");

    let found = preview(&harbor, "library", json!([])).await;

    assert_eq!(images(&found), ["library/busybox:latest,stage"]);
    assert_eq!(found["criteria"]["signed"], json!({ "value": true, "from": "registry" }));
}

#[tokio::test]
async fn a_project_over_a_whole_harbor_follows_each_of_its_projects() {
    let harbor = library().await;
    harbor.project("library").set("prevent_vul", "true").set("severity", "low");
    harbor.project("free");
    harbor.holds(&["free/tool:v1"]);

    let found = preview(&harbor, "", json!([])).await;

    assert_eq!(images(&found), ["free/tool:v1"]);
    assert_eq!(found["totals"]["left_out_by"], json!({ "vulnerability": 2 }));
}

#[tokio::test]
async fn every_tag_of_a_candidate_is_named_and_untagged_artifacts_are_none() {
    let harbor = library().await;
    let digest = harbor.holds(&["library/busybox:gone"]).remove(0).digest;
    harbor.registry().untag("library/busybox", "gone");
    let found = preview(&harbor, "library", json!([])).await;
    assert_eq!(images(&found), everything());
    assert!(!found.to_string().contains(&digest));
}
