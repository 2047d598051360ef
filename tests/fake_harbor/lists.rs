//! Projects, repositories, pages and queries.

use forewarm_fake::harbor::{Harbor, Knobs, Lie};
use serde_json::{Value, json};

use super::reader::{LIST, admin, answer, each, harbor, header, json, refusal};

#[tokio::test]
async fn a_list_comes_in_pages_of_ten_with_the_total_and_links_in_path_form() {
    let harbor = harbor().await;
    for number in 0..25 {
        harbor.holds(&[&format!("team/app:v{number}")]);
    }
    let first = answer(&harbor, LIST).await;
    assert_eq!(header(&first, "x-total-count"), "25");
    assert_eq!(header(&first, "link"), format!("</api/v2.0{LIST}?page=2&page_size=10>; rel=\"next\""));
    let body: Value = first.json().await.unwrap();
    assert_eq!(body.as_array().unwrap().len(), 10);
    assert_eq!(body[0]["tags"][0]["name"], "v24", "the newest comes first");
    let second = answer(&harbor, &format!("{LIST}?page=2&page_size=12&q=tags%3D*")).await;
    let link = format!(
        "</api/v2.0{LIST}?page=1&page_size=12&q=tags=*>; rel=\"prev\" , </api/v2.0{LIST}?page=3&page_size=12&q=tags=*>; rel=\"next\""
    );
    assert_eq!(header(&second, "link"), link);
    let last = json(&harbor, &format!("{LIST}?page=3&page_size=10")).await;
    assert_eq!(last.as_array().unwrap().len(), 5);
    assert_eq!(json(&harbor, &format!("{LIST}?page=9")).await, json!([]));
    assert_eq!(json(&harbor, &format!("{LIST}?page_size=0")).await.as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn pages_of_more_than_a_hundred_and_parameters_of_the_wrong_type_are_refused() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    for query in ["page_size=101", "page=x", "with_label=perhaps"] {
        let refused = refusal(admin(&harbor, &format!("{LIST}?{query}"))).await;
        assert_eq!(refused, (422, "UNPROCESSABLE_ENTITY".to_owned()), "{query}");
    }
    for query in ["q=tags", "q=labels%3D1", "q=tags%3D%7Ba%20b%7D"] {
        let refused = refusal(admin(&harbor, &format!("{LIST}?{query}"))).await;
        assert_eq!(refused, (400, "BAD_REQUEST".to_owned()), "{query}");
    }
}

#[tokio::test]
async fn queries_choose_by_tag_type_and_all_of_some_labels() {
    let harbor = harbor().await;
    let images = harbor.holds(&["team/app:v1", "team/app:v2", "team/app:old"]);
    harbor.push_artifact("team/app", Some("chart"), forewarm_fake::registry::ArtifactSpec::helm("x"));
    harbor.registry().untag("team/app", "old");
    let (a, b) = (harbor.label("team/app", "v1", "approved"), harbor.label("team/app", "v1", "ready"));
    harbor.label("team/app", "v2", "ready");
    let found = async |query: &str| {
        let list = json(&harbor, &format!("{LIST}?sort=id&q={query}")).await;
        each(&list, "digest").into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let [v1, v2, old] = [0, 1, 2].map(|place| images[place].digest.clone());
    assert_eq!(found("type%3DIMAGE").await, [v1.clone(), v2.clone(), old.clone()]);
    assert_eq!(found("type%3DIMAGE%2Ctags%3D*").await, [v1.clone(), v2.clone()]);
    assert_eq!(found("tags%253Dnil").await, [old], "it is decoded twice");
    assert_eq!(found("tags%3Dv2").await, [v2]);
    assert_eq!(found(&format!("labels%3D({a}%20{b})")).await, std::slice::from_ref(&v1));
    assert_eq!(found("tags%3D~1").await, [v1]);
}

#[tokio::test]
async fn projects_and_repositories_carry_names_numbers_and_settings_as_strings() {
    let harbor = harbor().await;
    harbor.project("team").set("prevent_vul", "true").set("severity", "HIGH").allowlist(&["CVE-1"], Some(17));
    harbor.holds(&["team/a/b:1", "team/app:1", "other/x:1"]);
    let list = json(&harbor, "/projects?sort=name").await;
    assert_eq!(each(&list, "name"), ["other", "team"]);
    let found = json(&harbor, "/projects?q=name%3Dteam").await;
    assert_eq!(each(&found, "name"), ["team"]);
    assert_eq!(found[0]["repo_count"], 2);
    let metadata = json!({
        "prevent_vul": "true", "severity": "high", "public": "false", "reuse_sys_cve_allowlist": "false",
    });
    assert_eq!(found[0]["metadata"], metadata);
    assert_eq!(found[0]["cve_allowlist"]["items"], json!([{"cve_id": "CVE-1"}]));
    assert_eq!(found[0]["cve_allowlist"]["expires_at"], 17);
    let repositories = json(&harbor, "/projects/team/repositories").await;
    assert_eq!(each(&repositories, "name"), ["team/a/b", "team/app"]);
}

#[tokio::test]
async fn digits_are_a_projects_number_unless_the_header_says_that_they_are_its_name() {
    let harbor = harbor().await;
    let id = harbor.project("team").id();
    harbor.project("2026");
    assert_eq!(json(&harbor, &format!("/projects/{id}")).await["name"], "team");
    assert_eq!(answer(&harbor, "/projects/2026").await.status(), 404);
    let named = admin(&harbor, "/projects/2026").header("x-is-resource-name", "true").send().await.unwrap();
    assert_eq!(named.json::<Value>().await.unwrap()["name"], "2026");
}

#[tokio::test]
async fn a_slash_in_a_repository_is_encoded_twice_or_not_found() {
    let harbor = harbor().await;
    harbor.holds(&["team/a/b:v1"]);
    for (name, status) in [("a%252Fb", 200), ("a%2Fb", 404), ("a/b", 404)] {
        let path = format!("/projects/team/repositories/{name}/artifacts/v1");
        assert_eq!(answer(&harbor, &path).await.status(), status, "{name}");
    }
    let none = json(&harbor, "/projects/team/repositories/nothing/artifacts").await;
    assert_eq!(none, json!([]), "the list of an unknown repository is empty");
}

#[tokio::test]
async fn a_whole_projects_artifacts_are_listed_by_versions_that_can() {
    let path = "/projects/team/artifacts?sort=id";
    let old = harbor().await;
    old.holds(&["team/a:1", "team/b:1"]);
    assert_eq!(answer(&old, path).await.status(), 404);
    let new = Harbor::start_with(Knobs { project_artifacts: true, ..Knobs::default() }).await.unwrap();
    new.holds(&["team/a:1", "team/b:1", "other/c:1"]);
    assert_eq!(each(&json(&new, path).await, "repository_name"), ["team/a", "team/b"]);
}

#[tokio::test]
async fn lists_can_be_endless_and_answers_huge_or_wrong() {
    let harbor = harbor().await;
    let image = harbor.holds(&["team/app:v1"]).remove(0);
    harbor.lie(Lie::EndlessPaging);
    let page = answer(&harbor, &format!("{LIST}?page=900&page_size=100")).await;
    assert!(header(&page, "link").contains("page=901"));
    assert_eq!(page.json::<Vec<Value>>().await.unwrap().len(), 100);
    harbor.stop_lying();
    harbor.lie(Lie::HugeBody(20 << 20));
    assert!(answer(&harbor, LIST).await.bytes().await.unwrap().len() > 20 << 20);
    harbor.stop_lying();
    harbor.lie(Lie::OtherDigest);
    let other = json(&harbor, &format!("{LIST}/{}", image.digest)).await;
    assert_ne!(other["digest"], image.digest);
}
