//! What a project of Harbor demands of pulls.

use forewarm_domain::criteria::Criteria;
use forewarm_domain::severity::Severity;

use super::lab::{as_admin, harbor};

const NOTHING: Criteria = Criteria { signed_only: false, max_severity: None };
const SIGNED: Criteria = Criteria { signed_only: true, max_severity: None };

const fn below(bar: Severity) -> Criteria {
    Criteria { signed_only: false, max_severity: Some(bar) }
}

#[tokio::test]
async fn a_projects_settings_become_criteria() {
    let table: [(&[(&str, &str)], Criteria); 13] = [
        (&[], NOTHING),
        (&[("enable_content_trust", "true")], SIGNED),
        (&[("enable_content_trust_cosign", "true")], SIGNED),
        (&[("enable_content_trust", "false"), ("enable_content_trust_cosign", "false")], NOTHING),
        (&[("prevent_vul", "true"), ("severity", "HIGH")], below(Severity::High)),
        (&[("prevent_vul", "true"), ("severity", "high")], below(Severity::High)),
        (&[("prevent_vul", "true"), ("severity", "low")], below(Severity::Low)),
        (&[("prevent_vul", "true"), ("severity", "critical")], below(Severity::Critical)),
        (&[("prevent_vul", "true"), ("severity", "")], NOTHING),
        (&[("prevent_vul", "true")], NOTHING),
        (&[("prevent_vul", "false"), ("severity", "high")], NOTHING),
        (&[("severity", "high")], NOTHING),
        (&[("prevent_vul", "true"), ("severity", "none")], below(Severity::None)),
    ];
    for (settings, expected) in table {
        let harbor = harbor().await;
        let project = harbor.project("team");
        settings.iter().fold(project, |project, (key, value)| project.set(key, value));
        assert_eq!(as_admin(&harbor).criteria("team").await.unwrap(), Some(expected), "{settings:?}");
    }
}

#[tokio::test]
async fn deeper_namespaces_belong_to_the_same_project_and_none_to_no_single_one() {
    let harbor = harbor().await;
    harbor.project("team").set("enable_content_trust_cosign", "true");
    let client = as_admin(&harbor);
    assert_eq!(client.criteria("team/sub/deeper").await.unwrap(), Some(SIGNED));
    assert_eq!(client.criteria("").await.unwrap(), None);
}

#[tokio::test]
async fn a_project_is_read_once_for_many_questions() {
    let harbor = harbor().await;
    harbor.project("team");
    let client = as_admin(&harbor);
    let ask = || client.criteria("team");
    futures::future::try_join_all((0..5).map(|_| ask())).await.unwrap();
    assert_eq!(super::lab::asked(&harbor, "/projects/team"), 1);
}
