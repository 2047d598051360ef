//! What was found, in the order in which it was looked at.

use serde_json::{Value, json};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Ok,
    /// It works, and should not stay so.
    Warning,
    /// Something does not work.
    Problem,
}

#[derive(Debug)]
struct Finding {
    level: Level,
    /// What was looked at: a word.
    check: &'static str,
    message: String,
}

#[derive(Debug, Default)]
pub struct Findings(Vec<Finding>);

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl Findings {
    pub fn ok(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(Level::Ok, check, message);
    }

    pub fn warning(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(Level::Warning, check, message);
    }

    pub fn problem(&mut self, check: &'static str, message: impl Into<String>) {
        self.add(Level::Problem, check, message);
    }

    pub fn add(&mut self, level: Level, check: &'static str, message: impl Into<String>) {
        self.0.push(Finding { level, check, message: message.into() });
    }

    /// Whether there is no problem.
    pub fn are_good(&self) -> bool {
        self.count(Level::Problem) == 0
    }

    /// A line each, and one for all.
    pub fn text(&self) -> String {
        let line = |finding: &Finding| {
            format!("{:<9}{:<11}{}\n", finding.level.as_str(), finding.check, finding.message)
        };
        let lines: String = self.0.iter().map(line).collect();
        format!("{lines}{}\n", self.verdict())
    }

    pub fn json(&self) -> Value {
        let finding = |finding: &Finding| json!({ "level": finding.level.as_str(), "check": finding.check, "message": finding.message });
        json!({
            "ok": self.are_good(),
            "problems": self.count(Level::Problem),
            "warnings": self.count(Level::Warning),
            "findings": self.0.iter().map(finding).collect::<Vec<_>>(),
        })
    }

    fn verdict(&self) -> String {
        let number = |count: usize, word: &str| match count {
            0 => format!("no {word}s"),
            1 => format!("1 {word}"),
            count => format!("{count} {word}s"),
        };
        let problems = number(self.count(Level::Problem), "problem");
        format!("{problems}, {}", number(self.count(Level::Warning), "warning"))
    }

    fn count(&self, level: Level) -> usize {
        self.0.iter().filter(|finding| finding.level == level).count()
    }
}
