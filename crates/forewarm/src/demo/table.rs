//! The demo's summary: one line per engine.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::view::Task;

#[derive(Default)]
struct Row {
    tasks: usize,
    succeeded: usize,
    expected: u64,
    confirmed: u64,
    bytes: u64,
}

/// A table of what each instance was given and what it confirmed.
pub fn by_instance(tasks: &[Task]) -> String {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for task in tasks {
        let row = rows.entry(&task.facts.instance).or_default();
        row.tasks += 1;
        row.succeeded += usize::from(task.facts.status == "success");
        if let Some(report) = &task.facts.report {
            row.expected += report.expected;
            row.confirmed += report.confirmed;
        }
        row.bytes += task.raw["report"]["bytes"].as_u64().unwrap_or_default();
    }
    let mut table = format!(
        "  {:<12}{:>8}{:>12}{:>20}{:>12}\n",
        "instance", "tasks", "succeeded", "blobs confirmed", "size"
    );
    for (instance, row) in rows {
        let blobs = format!("{} of {}", row.confirmed, row.expected);
        let size = format!("{:.1} MB", row.bytes as f64 / 1e6);
        let _ = writeln!(table, "  {instance:<12}{:>8}{:>12}{blobs:>20}{size:>12}", row.tasks, row.succeeded);
    }
    table
}
