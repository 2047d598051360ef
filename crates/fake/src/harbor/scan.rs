//! What the scanner says of an image.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// The report's type that Harbor prefers.
pub(crate) const REPORT: &str = "application/vnd.security.vulnerability.report; version=1.1";
/// The type of older scanners.
pub(crate) const OLD_REPORT: &str = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0";

/// One scan of one image.
#[derive(Debug, Clone)]
pub struct Scan {
    /// `Success`, `Error`, `Running`, `Pending`, `Scheduled` or `Stopped`, as Harbor writes them.
    pub status: String,
    /// The CVE's id and its severity, for example `("CVE-2026-1", "High")`.
    pub vulnerabilities: Vec<(String, String)>,
}

impl Scan {
    /// A finished scan that found these.
    pub fn found(vulnerabilities: &[(&str, &str)]) -> Self {
        let owned = |(id, severity): &(&str, &str)| ((*id).to_owned(), (*severity).to_owned());
        Self { status: "Success".to_owned(), vulnerabilities: vulnerabilities.iter().map(owned).collect() }
    }

    /// A scan without a result.
    pub fn of_status(status: &str) -> Self {
        Self { status: status.to_owned(), vulnerabilities: Vec::new() }
    }

    /// As Harbor joins the scans of an index's images: running before stopped before success.
    pub(crate) fn join(self, other: Self) -> Self {
        let rank = |status: &str| ["Success", "Stopped", "Running"].iter().position(|known| *known == status);
        let status = if rank(&other.status) > rank(&self.status) { other.status } else { self.status };
        let mut vulnerabilities = self.vulnerabilities;
        for found in other.vulnerabilities {
            if !vulnerabilities.contains(&found) {
                vulnerabilities.push(found);
            }
        }
        Self { status, vulnerabilities }
    }

    pub(crate) fn is_success(&self) -> bool {
        self.status == "Success"
    }

    /// The worst severity; `None` (the word) when nothing was found.
    pub(crate) fn severity(&self) -> &str {
        let severities = self.vulnerabilities.iter().map(|(_, severity)| severity.as_str());
        severities.fold("None", |worst, next| if code(next) > code(worst) { next } else { worst })
    }

    /// The entry of `scan_overview`; a scan without a result has no severity.
    pub(crate) fn overview(&self) -> Value {
        let mut view = json!({
            "report_id": "6f3ff1d4-7b0c-4a1c-8f52-000000000001", "scan_status": self.status, "duration": 4,
            "start_time": "2026-08-21T08:00:00.000Z", "end_time": "2026-08-21T08:00:04.000Z",
            "complete_percent": if self.is_success() { 100 } else { 0 }, "scanner": scanner(),
        });
        if self.is_success() {
            let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
            for (_, severity) in &self.vulnerabilities {
                *counts.entry(severity).or_default() += 1;
            }
            view["severity"] = json!(self.severity());
            view["summary"] = json!({"total": self.vulnerabilities.len(), "fixable": 0, "summary": counts});
        }
        view
    }

    /// The whole report.
    pub(crate) fn report(&self, digest: &str) -> Value {
        let item = |(id, severity): &(String, String)| {
            json!({
                "id": id, "severity": severity, "package": "openssl", "version": "3.0.1", "fix_version": "",
                "description": "A flaw.", "links": [format!("https://avd.aquasec.com/nvd/{}", id.to_lowercase())],
                "artifact_digests": [digest], "cwe_ids": [], "preferred_cvss": {},
            })
        };
        let items: Vec<Value> = self.vulnerabilities.iter().map(item).collect();
        json!({
            "generated_at": "2026-08-21T08:00:04.000000000Z", "scanner": scanner(), "severity": self.severity(),
            "vulnerabilities": items,
        })
    }
}

/// Harbor's code of a severity; what it does not know counts as the worst (`pkg/scan/vuln` of Harbor 2.16).
pub(crate) fn code(severity: &str) -> u8 {
    match severity {
        "None" | "Unknown" => 0,
        "Negligible" => 1,
        "Low" => 2,
        "Medium" => 3,
        "High" => 4,
        "Critical" => 5,
        _ => 99,
    }
}

/// A project's bar as Harbor reads it: any case, negligible as none, and what it does not know as unknown.
pub(crate) fn ranked(word: &str) -> &'static str {
    match word.to_lowercase().as_str() {
        "none" | "negligible" => "None",
        "low" => "Low",
        "medium" => "Medium",
        "high" => "High",
        "critical" => "Critical",
        _ => "Unknown",
    }
}

fn scanner() -> Value {
    json!({"name": "Trivy", "vendor": "Aqua Security", "version": "v0.69.3"})
}
