//! The table for people, and the file for comparisons.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::figure::{Bound, Figure};
use crate::machine::Machine;

#[derive(Debug, Serialize)]
pub struct Report {
    pub measured_at: DateTime<Utc>,
    pub version: &'static str,
    /// Fewer rounds of smaller numbers: no figures to quote.
    pub quick: bool,
    pub machine: Machine,
    pub figures: Vec<Figure>,
}

impl Report {
    pub fn print(&self) {
        println!("\n{}\n", self.machine);
        println!("{:<66} {:>14} {:>16}  {:<12} ratio", "figure", "measured", "to reach", "");
        for figure in &self.figures {
            let measured = format!("{} {}", number(figure.measured), figure.unit);
            let to_reach = figure.to_reach.map(|bound| reach(bound, figure.unit)).unwrap_or_default();
            let verdict = match figure.is_reached() {
                Some(true) => "reached",
                Some(false) => "SHORT OF IT",
                None => "",
            };
            println!("{:<66} {measured:>14} {to_reach:>16}  {verdict:<12} {}", figure.what, figure.ratio);
        }
    }

    /// Writes `<date>.json` and answers its path.
    pub fn write(&self, folder: &Path) -> anyhow::Result<PathBuf> {
        fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
        let path = folder.join(self.measured_at.format("%Y-%m-%dT%H-%M-%SZ.json").to_string());
        fs::write(&path, serde_json::to_vec_pretty(self)?).with_context(|| path.display().to_string())?;
        Ok(path)
    }
}

fn reach(bound: Bound, unit: &str) -> String {
    match bound {
        Bound::AtLeast(bound) => format!("≥ {} {unit}", number(bound)),
        Bound::AtMost(bound) => format!("≤ {} {unit}", number(bound)),
    }
}

/// Three digits that mean something.
pub fn number(value: f64) -> String {
    match value.abs() {
        large if large >= 100.0 => format!("{value:.0}"),
        middle if middle >= 10.0 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}
