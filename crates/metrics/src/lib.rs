//! What operators measure: every metric of the program, declared once, and the text that Prometheus reads.
//!
//! Labels are words of ours, names of instances, registries, projects and policies, hosts, and codes: never what there are
//! as many of as artifacts.

mod bounded;
mod database;
mod list;
mod process;

use std::time::Duration;

pub use bounded::{Counter, Gauge, Histogram};
pub use database::Database;
pub use process::{Process, process};

/// What the text is: OpenMetrics 1.0, which Prometheus has read since 2.5.
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Everything: what happened in this process, and what lies in the database.
pub fn text(database: &str) -> String {
    let mut text = process().text();
    text.push_str(database);
    text.push_str("# EOF\n");
    text
}

/// The names of all metrics. The text leaves out those of which nothing is known yet.
pub fn names() -> Vec<String> {
    [process().names(), Database::default().names()].concat()
}

/// A duration in the base unit.
fn seconds(duration: Duration) -> f64 {
    duration.as_secs_f64()
}
