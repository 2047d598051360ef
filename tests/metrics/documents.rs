//! What is written about metrics, the alert rules and the dashboard name only metrics that there are.

use std::collections::BTreeSet;
use std::path::PathBuf;

use forewarm_metrics::names;
use regex::Regex;

#[test]
fn the_documentation_lists_every_metric_and_no_other() {
    // The list is the tables' first column.
    let rows = document("docs/observability.md");
    let documented: BTreeSet<String> = rows
        .lines()
        .filter_map(|line| line.strip_prefix("| `forewarm_"))
        .filter_map(|line| line.split_once('`'))
        .map(|(name, _)| format!("forewarm_{name}"))
        .collect();
    assert_eq!(documented, names().into_iter().collect());
}

#[test]
fn alerts_and_dashboard_ask_for_metrics_that_there_are() {
    for file in ["docs/prometheus/alerts.yaml", "docs/grafana/forewarm.json"] {
        let names = names_in(&document(file));
        assert!(names.len() > 5, "{file} asks for something");
        for name in names {
            assert!(exists(&name), "{file}: there is no {name}");
        }
    }
}

#[test]
fn the_dashboard_is_json_with_a_query_in_every_panel() {
    let dashboard: serde_json::Value = serde_json::from_str(&document("docs/grafana/forewarm.json")).unwrap();
    let panels = dashboard["panels"].as_array().unwrap();
    assert!(panels.len() > 8);
    for panel in panels.iter().filter(|panel| panel["type"] != "row") {
        let targets = panel["targets"].as_array().unwrap();
        assert!(
            targets
                .iter()
                .all(|target| target["expr"].as_str().is_some_and(|expr| expr.contains("forewarm_")))
        );
    }
}

/// Histograms are asked for by what they consist of.
fn exists(name: &str) -> bool {
    let of_histogram = ["_bucket", "_sum", "_count"].iter().filter_map(|suffix| name.strip_suffix(suffix));
    let names = names();
    names.iter().any(|known| known == name)
        || of_histogram.into_iter().any(|family| names.iter().any(|known| known == family))
}

fn names_in(text: &str) -> BTreeSet<String> {
    let name = Regex::new("forewarm_[a-z_]+").unwrap();
    name.find_iter(text).map(|found| found.as_str().to_owned()).collect()
}

fn document(path: &str) -> String {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path);
    std::fs::read_to_string(path).unwrap()
}
