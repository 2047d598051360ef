//! What a finished queue task tells: which peer got which URL, and which did not.

use serde::Serialize;

/// The part of one cluster.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ClusterResult {
    #[serde(rename = "scheduler_cluster_id")]
    pub cluster: u64,
    /// `None` is `null`, which is not the same as an empty list.
    #[serde(rename = "success_tasks")]
    pub successes: Option<Vec<TaskResult>>,
    #[serde(rename = "failure_tasks")]
    pub failures: Option<Vec<TaskResult>>,
}

/// One URL on one peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct TaskResult {
    pub url: String,
    pub hostname: String,
    pub ip: String,
    /// Empty for a success, which shows none.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
}
