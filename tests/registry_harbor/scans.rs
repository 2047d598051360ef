//! Scans: what counts as scanned, and what an allowlist leaves.

use forewarm_domain::filter::Filter;
use forewarm_domain::severity::{Scan, Severity};
use forewarm_fake::harbor::{self, Harbor, Knobs};

use super::lab::{REPOSITORY, as_admin, asked, harbor, only};

/// What is known of `team/app` in the end, with this bar.
async fn scanned(harbor: &Harbor, max_severity: Severity) -> Scan {
    let artifact = only(harbor, &[Filter::Vulnerability { max_severity }]).await;
    match artifact.scan.clone() {
        Some(scan) => scan,
        None => as_admin(harbor).scan(&artifact, max_severity).await.unwrap(),
    }
}

async fn with(scan: harbor::Scan) -> Harbor {
    let harbor = harbor().await;
    harbor.holds(&["team/app:v1"]);
    harbor.scan(REPOSITORY, "v1", &scan);
    harbor
}

fn unscanned(why: &str) -> Scan {
    Scan::Unscanned(why.to_owned())
}

#[tokio::test]
async fn without_a_finished_scan_nothing_is_known() {
    let never = harbor().await;
    never.holds(&["team/app:v1"]);
    assert_eq!(scanned(&never, Severity::High).await, unscanned("it was never scanned"));
    for (status, why) in [
        ("Error", "its scan failed"),
        ("Running", "its scan is not finished (status Running)"),
        ("Stopped", "its scan is not finished (status Stopped)"),
    ] {
        let harbor = with(harbor::Scan::of_status(status)).await;
        assert_eq!(scanned(&harbor, Severity::High).await, unscanned(why));
        let artifact = only(&harbor, &[]).await;
        assert_eq!(artifact.scan, None, "not looked up without need");
        assert_eq!(as_admin(&harbor).scan(&artifact, Severity::High).await.unwrap(), unscanned(why));
    }
}

#[tokio::test]
async fn the_overview_tells_the_worst_severity() {
    for (severity, expected) in [
        ("None", Severity::None),
        ("Unknown", Severity::None),
        ("Negligible", Severity::Negligible),
        ("Low", Severity::Low),
        ("Medium", Severity::Medium),
        ("High", Severity::High),
        ("Critical", Severity::Critical),
        ("Dreadful", Severity::Critical),
    ] {
        let harbor = with(harbor::Scan::found(&[("CVE-1", "None"), ("CVE-2", severity)])).await;
        assert_eq!(scanned(&harbor, Severity::Low).await, Scan::Worst(expected), "{severity}");
    }
    let clean = with(harbor::Scan::found(&[])).await;
    assert_eq!(scanned(&clean, Severity::Low).await, Scan::Worst(Severity::None));
}

#[tokio::test]
async fn an_index_is_as_bad_as_its_worst_image() {
    let harbor = harbor().await;
    let index = harbor.push_index(REPOSITORY, "v1", &["linux/amd64", "linux/arm64"], true);
    harbor.scan(REPOSITORY, &index.children[0].digest, &harbor::Scan::found(&[("CVE-1", "Low")]));
    assert_eq!(scanned(&harbor, Severity::High).await, unscanned("it was never scanned"));
    harbor.scan(REPOSITORY, &index.children[1].digest, &harbor::Scan::found(&[("CVE-2", "High")]));
    assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(Severity::High));
}

#[tokio::test]
async fn what_the_projects_allowlist_exempts_does_not_count() {
    for old_reports in [false, true] {
        let harbor = Harbor::start_with(Knobs { old_reports, ..Knobs::default() }).await.unwrap();
        harbor.holds(&["team/app:v1"]);
        let found = [("CVE-1", "Critical"), ("CVE-2", "Medium"), ("CVE-3", "Low")];
        harbor.scan(REPOSITORY, "v1", &harbor::Scan::found(&found));
        harbor.project("team").allowlist(&["CVE-1"], None);
        assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(Severity::Medium));
        harbor.project("team").allowlist(&["CVE-1", "CVE-2", "CVE-3"], None);
        assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(Severity::None));
        harbor.project("team").allowlist(&["CVE-9"], None);
        assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(Severity::Critical));
    }
}

#[tokio::test]
async fn a_project_that_says_so_or_says_nothing_uses_the_systems_allowlist() {
    for setting in [Some("true"), None, Some("false")] {
        let harbor = with(harbor::Scan::found(&[("CVE-1", "Critical")])).await;
        harbor.system_allowlist(&["CVE-1"], None);
        let project = harbor.project("team");
        match setting {
            Some(word) => project.set("reuse_sys_cve_allowlist", word),
            None => project.unset("reuse_sys_cve_allowlist"),
        };
        let expected = if setting == Some("false") { Severity::Critical } else { Severity::None };
        assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(expected), "{setting:?}");
    }
}

#[tokio::test]
async fn an_allowlist_that_has_run_out_exempts_nothing() {
    let now = chrono::Utc::now().timestamp();
    for (end, expected) in [(now - 60, Severity::Critical), (now + 3600, Severity::None)] {
        let harbor = with(harbor::Scan::found(&[("CVE-1", "Critical")])).await;
        harbor.project("team").allowlist(&["CVE-1"], Some(end));
        assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(expected));
    }
}

#[tokio::test]
async fn the_whole_report_is_read_only_where_an_allowlist_could_decide() {
    let harbor = with(harbor::Scan::found(&[("CVE-1", "Medium")])).await;
    harbor.project("team").allowlist(&["CVE-1"], None);
    assert_eq!(scanned(&harbor, Severity::High).await, Scan::Worst(Severity::Medium));
    assert_eq!(asked(&harbor, "/additions/"), 0, "it is below the bar as it is");
    assert_eq!(scanned(&harbor, Severity::Medium).await, Scan::Worst(Severity::None));
    assert_eq!(asked(&harbor, "/additions/"), 1);
}
