//! What was measured, and what it should be.

use serde::Serialize;

/// What is promised of a figure.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    AtLeast(f64),
    AtMost(f64),
}

/// One line of the table.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    pub what: String,
    pub measured: f64,
    pub unit: &'static str,
    pub to_reach: Option<Bound>,
    /// What it is in terms of something that was measured in the same run, like "0.84 × pgbench".
    pub ratio: String,
    /// What each round, or all samples together, were condensed from.
    pub rounds: Vec<f64>,
}

impl Figure {
    pub fn new(what: impl Into<String>, measured: f64, unit: &'static str) -> Self {
        Self { what: what.into(), measured, unit, to_reach: None, ratio: String::new(), rounds: Vec::new() }
    }

    pub fn at_least(self, bound: f64) -> Self {
        Self { to_reach: Some(Bound::AtLeast(bound)), ..self }
    }

    pub fn at_most(self, bound: f64) -> Self {
        Self { to_reach: Some(Bound::AtMost(bound)), ..self }
    }

    pub fn ratio(self, ratio: String) -> Self {
        Self { ratio, ..self }
    }

    pub fn rounds(self, rounds: Vec<f64>) -> Self {
        Self { rounds, ..self }
    }

    /// None where nothing is promised.
    pub fn is_reached(&self) -> Option<bool> {
        self.to_reach.map(|bound| match bound {
            Bound::AtLeast(bound) => self.measured >= bound,
            Bound::AtMost(bound) => self.measured <= bound,
        })
    }
}
