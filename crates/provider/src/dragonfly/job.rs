//! A job as the manager tells of it. Any field may be null or missing, and releases around 2.1 wrote the keys inside
//! `result` in CamelCase.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

/// A row of the manager's job table. Its `args` are not read: they hold the origin's credentials in clear.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Job {
    #[serde(deserialize_with = "or_default")]
    pub(super) id: u64,
    #[serde(deserialize_with = "or_default")]
    pub(super) bio: String,
    /// The authority: `result.state` is stale once the manager has given up.
    #[serde(deserialize_with = "or_default")]
    pub(super) state: String,
    #[serde(deserialize_with = "time")]
    pub(super) created_at: Option<DateTime<Utc>>,
    #[serde(deserialize_with = "or_default")]
    pub(super) result: GroupResult,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct GroupResult {
    #[serde(alias = "State", deserialize_with = "or_default")]
    pub(super) state: String,
    /// One per scheduler cluster (2.3.1 and later), or one per cluster and blob, in no order.
    #[serde(alias = "JobStates", deserialize_with = "list")]
    pub(super) job_states: Vec<QueueTask>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct QueueTask {
    #[serde(alias = "State", deserialize_with = "or_default")]
    pub(super) state: String,
    #[serde(alias = "Error", deserialize_with = "or_default")]
    pub(super) error: String,
    #[serde(alias = "Results", deserialize_with = "list")]
    pub(super) results: Vec<ClusterResult>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ClusterResult {
    #[serde(alias = "SchedulerClusterID", deserialize_with = "or_default")]
    pub(super) scheduler_cluster_id: u64,
    #[serde(alias = "SuccessTasks", deserialize_with = "list")]
    pub(super) success_tasks: Vec<PeerTask>,
    #[serde(alias = "FailureTasks", deserialize_with = "list")]
    pub(super) failure_tasks: Vec<PeerTask>,
}

/// One blob on one peer.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct PeerTask {
    #[serde(alias = "URL", deserialize_with = "or_default")]
    pub(super) url: String,
    #[serde(alias = "Hostname", deserialize_with = "or_default")]
    pub(super) hostname: String,
    #[serde(alias = "IP", deserialize_with = "or_default")]
    pub(super) ip: String,
    #[serde(alias = "Description", deserialize_with = "or_default")]
    pub(super) description: String,
}

/// A scheduler cluster, of which only the number is wanted.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cluster {
    #[serde(deserialize_with = "or_default")]
    pub(super) id: i64,
}

impl Job {
    pub(super) fn is(&self, state: &str) -> bool {
        self.state.eq_ignore_ascii_case(state)
    }
}

fn or_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(Option::<T>::deserialize(deserializer)?.unwrap_or_default())
}

fn list<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de>,
{
    let items = Option::<Vec<Option<T>>>::deserialize(deserializer)?;
    Ok(items.unwrap_or_default().into_iter().flatten().collect())
}

/// A time that cannot be read is no reason to lose sight of the job.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<DateTime<Utc>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    Ok(text.and_then(|text| text.parse().ok()))
}
