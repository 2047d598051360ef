//! Scans: overviews, reports, and lists of CVEs that do not count.

use forewarm_fake::harbor::{Harbor, Knobs, Scan};
use serde_json::{Value, json};

use super::reader::{LIST, admin, each, harbor, json};

const REPORT: &str = "application/vnd.security.vulnerability.report; version=1.1";
const OLD: &str = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0";

async fn overview(harbor: &Harbor, reference: &str) -> Value {
    json(harbor, &format!("{LIST}/{reference}?with_scan_overview=true")).await["scan_overview"].clone()
}

#[tokio::test]
async fn an_overview_tells_the_status_and_with_success_the_worst_severity() {
    let harbor = harbor().await;
    harbor.holds(&["team/app:bad", "team/app:clean", "team/app:failed", "team/app:never"]);
    harbor.scan("team/app", "bad", &Scan::found(&[("CVE-1", "Low"), ("CVE-2", "High"), ("CVE-3", "Low")]));
    harbor.scan("team/app", "clean", &Scan::found(&[]));
    harbor.scan("team/app", "failed", &Scan::of_status("Error"));
    let bad = &overview(&harbor, "bad").await[REPORT];
    assert_eq!((&bad["scan_status"], &bad["severity"]), (&json!("Success"), &json!("High")));
    assert_eq!(bad["summary"], json!({"total": 3, "fixable": 0, "summary": {"Low": 2, "High": 1}}));
    assert_eq!(overview(&harbor, "clean").await[REPORT]["severity"], "None");
    let failed = &overview(&harbor, "failed").await[REPORT];
    assert_eq!((&failed["scan_status"], failed.get("severity")), (&json!("Error"), None));
    assert_eq!(overview(&harbor, "never").await, Value::Null);
    let plain = json(&harbor, &format!("{LIST}/bad")).await;
    assert_eq!(plain.get("scan_overview"), None, "only when asked for");
}

#[tokio::test]
async fn an_index_is_scanned_when_all_its_images_are() {
    let harbor = harbor().await;
    let index = harbor.push_index("team/app", "v1", &["linux/amd64", "linux/arm64"], true);
    harbor.scan("team/app", &index.children[0].digest, &Scan::found(&[("CVE-1", "Low")]));
    assert_eq!(overview(&harbor, "v1").await, Value::Null);
    harbor.scan("team/app", &index.children[1].digest, &Scan::found(&[("CVE-2", "Critical")]));
    assert_eq!(overview(&harbor, "v1").await[REPORT]["severity"], "Critical");
    harbor.scan("team/app", &index.children[1].digest, &Scan::of_status("Running"));
    assert_eq!(overview(&harbor, "v1").await[REPORT]["scan_status"], "Running");
}

#[tokio::test]
async fn the_report_lists_every_vulnerability_under_the_type_that_is_accepted() {
    let harbor = Harbor::start_with(Knobs { old_reports: true, ..Knobs::default() }).await.unwrap();
    harbor.holds(&["team/app:v1", "team/app:never"]);
    harbor.scan("team/app", "v1", &Scan::found(&[("CVE-1", "Low"), ("CVE-2", "High")]));
    let path = format!("{LIST}/v1/additions/vulnerabilities");
    let report = json(&harbor, &path).await;
    assert_eq!(each(&report[OLD]["vulnerabilities"], "id"), ["CVE-1", "CVE-2"]);
    assert_eq!(each(&report[OLD]["vulnerabilities"], "severity"), ["Low", "High"]);
    let new = admin(&harbor, &path).header("x-accept-vulnerabilities", REPORT).send().await.unwrap();
    assert_eq!(new.json::<Value>().await.unwrap(), json!({}));
    let none = json(&harbor, &format!("{LIST}/never/additions/vulnerabilities")).await;
    assert_eq!(none, json!({}), "without a report there is nothing");
}

#[tokio::test]
async fn the_systems_list_of_exempt_cves_is_shown_to_those_who_have_signed_in() {
    let harbor = harbor().await;
    harbor.system_allowlist(&["CVE-9"], None);
    let list = json(&harbor, "/system/CVEAllowlist").await;
    assert_eq!(list["items"], json!([{"cve_id": "CVE-9"}]));
    assert_eq!(list.get("expires_at"), None);
    let stranger = super::reader::ask(&harbor, "/system/CVEAllowlist").send().await.unwrap();
    assert_eq!(stranger.status(), 401);
}
