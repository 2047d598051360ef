//! Executions and tasks as the API shows them, as far as the commands look at them.

use serde::Deserialize;
use serde_json::Value;

/// One execution. `raw` is all that the server said, for those who want JSON.
#[derive(Debug, Clone)]
pub struct Execution {
    pub raw: Value,
    pub facts: ExecutionFacts,
}

#[derive(Debug, Clone, Deserialize)]
pub struct ExecutionFacts {
    pub id: i64,
    pub status: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub warnings: Vec<String>,
    #[serde(default)]
    pub counts: Counts,
}

/// Number of tasks by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub pending: u64,
    pub running: u64,
    pub success: u64,
    pub error: u64,
    pub stopped: u64,
}

/// One task.
#[derive(Debug, Clone)]
pub struct Task {
    pub raw: Value,
    pub facts: TaskFacts,
}

#[derive(Debug, Clone, Deserialize)]
pub struct TaskFacts {
    pub id: i64,
    pub status: String,
    #[serde(default)]
    pub message: String,
    #[serde(default)]
    pub instance: String,
    #[serde(default)]
    pub target: Target,
    pub report: Option<Report>,
}

/// What is warmed: a manifest of an image, or files.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Target {
    pub repository: Option<String>,
    pub digest: Option<String>,
    pub platform: Option<String>,
    pub tags: Vec<String>,
    pub urls: Vec<String>,
}

/// How many of the expected blobs the engine has confirmed.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub struct Report {
    pub expected: u64,
    pub confirmed: u64,
}

impl Execution {
    pub fn read(raw: Value) -> anyhow::Result<Self> {
        let facts = ExecutionFacts::deserialize(&raw)?;
        Ok(Self { raw, facts })
    }

    pub fn is_final(&self) -> bool {
        is_final(&self.facts.status)
    }

    /// Whether everything that was asked for is warm.
    pub fn succeeded(&self) -> bool {
        let counts = self.facts.counts;
        self.facts.status == "success" && counts.success == counts.total()
    }
}

impl Counts {
    pub fn total(&self) -> u64 {
        self.finished() + self.pending + self.running
    }

    pub fn finished(&self) -> u64 {
        self.success + self.error + self.stopped
    }
}

impl Task {
    pub fn read(raw: Value) -> anyhow::Result<Self> {
        let facts = TaskFacts::deserialize(&raw)?;
        Ok(Self { raw, facts })
    }

    pub fn is_final(&self) -> bool {
        is_final(&self.facts.status)
    }

    /// What is warmed and where, in a few words: `shop/web:v1 (linux/amd64) on seeds`.
    pub fn title(&self) -> String {
        let platform = self.facts.target.platform.as_ref();
        let platform = platform.map_or(String::new(), |platform| format!(" ({platform})"));
        let subject = self.facts.target.name().unwrap_or_else(|| format!("task {}", self.facts.id));
        format!("{subject}{platform} on {}", self.facts.instance)
    }

    /// How far it is, as far as the engine tells, and what there is to know.
    pub fn remark(&self) -> String {
        let message = &self.facts.message;
        match self.facts.report {
            Some(Report { expected, confirmed }) if expected > 0 => {
                format!("{confirmed} of {expected} confirmed {message}").trim_end().to_owned()
            }
            _ => message.clone(),
        }
    }
}

impl Target {
    fn name(&self) -> Option<String> {
        let Some(repository) = &self.repository else {
            let (first, rest) = self.urls.split_first()?;
            let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
            return Some(format!("{first}{more}"));
        };
        Some(match (self.tags.first(), &self.digest) {
            (Some(tag), _) => format!("{repository}:{tag}"),
            // Enough of a digest to tell manifests apart.
            (None, Some(digest)) => format!("{repository}@{}", digest.chars().take(19).collect::<String>()),
            (None, None) => repository.clone(),
        })
    }
}

fn is_final(status: &str) -> bool {
    matches!(status, "success" | "error" | "stopped")
}
