//! What there is to say when an execution has ended.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::client::Client;
use crate::view::{Execution, Task};

/// An ended execution and those of its tasks that are of interest.
pub struct Summary {
    execution: Execution,
    tasks: Vec<Task>,
}

/// Nobody reads more failures than that; the server has the rest.
const MAX_FAILURES: usize = 1000;

impl Summary {
    pub async fn of_failures(client: &Client, execution: Execution) -> anyhow::Result<Self> {
        let mut tasks = Vec::new();
        let counts = execution.facts.counts;
        for (status, number) in [("error", counts.error), ("stopped", counts.stopped)] {
            if number > 0 {
                tasks.extend(client.tasks(execution.facts.id, Some(status), MAX_FAILURES).await?);
            }
        }
        Ok(Self { execution, tasks })
    }

    pub async fn of_everything(client: &Client, execution: Execution) -> anyhow::Result<Self> {
        let tasks = client.tasks(execution.facts.id, None, usize::MAX).await?;
        Ok(Self { execution, tasks })
    }

    /// Each failed task with its message, and one line about the whole.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let failed: Vec<&Task> = self.tasks.iter().filter(|task| task.facts.status != "success").collect();
        for task in &failed {
            add_line(&mut text, &format!("{}: {}", task.facts.status, task.title()), &task.facts.message);
        }
        let counts = self.execution.facts.counts;
        let left = (counts.error + counts.stopped).saturating_sub(failed.len() as u64);
        if left > 0 {
            add_line(&mut text, &format!("… and {left} more"), "");
        }
        let facts = &self.execution.facts;
        let what = format!(
            "execution {}: {}, {} of {} tasks succeeded",
            facts.id,
            facts.status,
            counts.success,
            counts.total()
        );
        add_line(&mut text, &what, &facts.message);
        text
    }

    /// All that the server says, as one document.
    pub fn json(&self) -> anyhow::Result<String> {
        let tasks: Vec<&Value> = self.tasks.iter().map(|task| &task.raw).collect();
        let document = json!({ "execution": self.execution.raw, "tasks": tasks });
        Ok(serde_json::to_string_pretty(&document)? + "\n")
    }
}

fn add_line(text: &mut String, what: &str, message: &str) {
    // Writing to a String cannot fail.
    let _ = match message {
        "" => writeln!(text, "{what}"),
        message => writeln!(text, "{what}: {message}"),
    };
}
