//! What Harbor's scanner found, without what an allowlist exempts.

use std::collections::BTreeMap;

use forewarm_domain::digest::Digest;
use forewarm_domain::severity::{Scan, Severity};
use serde::Deserialize;

use super::Harbor;
use super::api::Call;
use super::project::Allowlist;
use super::row::{Overview, Row, newest};
use crate::{RegistryError, Wanted};

/// The largest report: an old image with thousands of vulnerabilities has a few megabytes.
const REPORT_LIMIT: usize = 32 * 1024 * 1024;

/// A whole report.
#[derive(Debug, Deserialize)]
struct Report {
    vulnerabilities: Option<Vec<Vulnerability>>,
}

#[derive(Debug, Deserialize)]
struct Vulnerability {
    #[serde(default)]
    id: String,
    #[serde(default)]
    severity: String,
}

impl Harbor {
    /// What the list tells, where that decides. None when it is not asked for, and when only the whole report can tell
    /// what an allowlist leaves.
    pub(super) async fn listed_scan(
        &self,
        repository: &str,
        row: &Row,
        wanted: &Wanted<'_>,
    ) -> Result<Option<Scan>, RegistryError> {
        let Some(bar) = wanted.selector.max_severity() else {
            return Ok(None);
        };
        match summary(row.overview()) {
            Scan::Worst(worst) if matters(worst, bar.value) => {
                let exempt = self.allowlist(repository).await?;
                Ok(exempt.is_none().then_some(Scan::Worst(worst)))
            }
            decided => Ok(Some(decided)),
        }
    }

    /// The worst vulnerability that the project's allowlist leaves; below the bar the overview will do.
    pub(super) async fn scan_of(
        &self,
        repository: &str,
        digest: &Digest,
        bar: Severity,
    ) -> Result<Scan, RegistryError> {
        let call = self.call(repository, digest.as_str())?.with("with_scan_overview", "true");
        let row = self.described(call, repository, digest.as_str()).await?;
        match summary(row.overview()) {
            Scan::Worst(worst) if matters(worst, bar) => match self.allowlist(repository).await? {
                Some(exempt) => self.report(repository, digest, &exempt).await,
                None => Ok(Scan::Worst(worst)),
            },
            decided => Ok(decided),
        }
    }

    async fn report(
        &self,
        repository: &str,
        digest: &Digest,
        exempt: &Allowlist,
    ) -> Result<Scan, RegistryError> {
        let what = format!("the scan report of {repository}@{digest}");
        let path = ["artifacts", digest.as_str(), "additions", "vulnerabilities"];
        let call = Call::below(repository, &path, what, "artifact addition: read")?.up_to(REPORT_LIMIT);
        let reports: BTreeMap<String, Report> = self.get(&call).await?;
        let Some(report) = newest(&reports) else {
            return Ok(Scan::Unscanned("its scan report is not there".to_owned()));
        };
        let counted = report.vulnerabilities.iter().flatten().filter(|one| !exempt.names(&one.id));
        Ok(Scan::Worst(counted.map(|one| severity(&one.severity)).max().unwrap_or(Severity::None)))
    }
}

/// An overview knows nothing of allowlists. Without a finished scan nothing is known, however clean it looks.
fn summary(overview: Option<&Overview>) -> Scan {
    let Some(overview) = overview else {
        return Scan::Unscanned("it was never scanned".to_owned());
    };
    let status: String = overview.scan_status.chars().filter(|c| !c.is_control()).take(40).collect();
    match status.to_lowercase().as_str() {
        "success" if overview.severity.is_empty() => Scan::Unscanned("its scan names no severity".to_owned()),
        "success" => Scan::Worst(severity(&overview.severity)),
        "error" => Scan::Unscanned("its scan failed".to_owned()),
        _ => Scan::Unscanned(format!("its scan is not finished (status {status})")),
    }
}

/// Whether an allowlist could still let it pass.
fn matters(worst: Severity, bar: Severity) -> bool {
    worst >= bar && worst > Severity::None
}

/// What Harbor does not know counts as the worst (`vuln.Severity` of Harbor 2.16).
fn severity(word: &str) -> Severity {
    word.parse().unwrap_or(Severity::Critical)
}
