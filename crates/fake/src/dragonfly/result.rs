//! What a finished queue task tells: which peer got which URL, and which did not.

use serde_json::{Value, json};

/// The part of one cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClusterResult {
    pub cluster: u64,
    /// `None` is `null`, which is not the same as an empty list.
    pub successes: Option<Vec<TaskResult>>,
    pub failures: Option<Vec<TaskResult>>,
}

/// One URL on one peer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskResult {
    pub url: String,
    pub hostname: String,
    pub ip: String,
    /// Empty for a success.
    pub description: String,
}

impl ClusterResult {
    pub(crate) fn to_json(&self) -> Value {
        let success = |task: &TaskResult| json!({"url": task.url, "hostname": task.hostname, "ip": task.ip});
        let failure = |task: &TaskResult| {
            let mut entry = success(task);
            entry["description"] = json!(task.description);
            entry
        };
        json!({
            "scheduler_cluster_id": self.cluster,
            "success_tasks": self.successes.as_ref().map(|all| all.iter().map(success).collect::<Vec<_>>()),
            "failure_tasks": self.failures.as_ref().map(|all| all.iter().map(failure).collect::<Vec<_>>()),
        })
    }
}
