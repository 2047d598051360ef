//! Executions: one run of a policy, or of an ad-hoc preheat.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use crate::criteria::ProjectCriteria;
use crate::digest::Digest;
use crate::filter::Filter;
use crate::instance::Instance;
use crate::options::PreheatOptions;
use crate::policy::Policy;
use crate::project::Project;
use crate::status::Status;
use crate::trigger::Start;

/// What an execution does, frozen when it starts: a policy edited meanwhile changes nothing of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Spec {
    pub work: Work,
    /// Instances by id, with their names for messages.
    pub instances: Vec<InstanceRef>,
    pub options: PreheatOptions,
    pub max_attempts: i32,
    /// Leave out what is proven warm already.
    #[serde(default)]
    pub skip_if_warm: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct InstanceRef {
    pub id: i64,
    pub name: String,
}

/// Which artifacts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Everything in a namespace of a registry that passes the filters.
    Policy(Selection),
    /// These images.
    Images { images: Vec<ImageRef> },
    /// These files; one task per instance fetches them all.
    Files { urls: Vec<Url> },
}

/// Everything in a namespace of a registry that passes filters and criteria.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    pub registry_id: i64,
    pub namespace: String,
    pub filters: Vec<Filter>,
    #[serde(default)]
    pub criteria: ProjectCriteria,
    /// Look at this artifact only: the one that an event is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub only: Option<Only>,
}

/// What an event is about: one artifact of a repository, or whatever some tags name now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Only {
    /// Full repository name.
    pub repository: String,
    /// None where nobody could tell it: then the tags decide.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<Digest>,
    /// None with a digest: all that name it.
    pub tags: Vec<String>,
}

/// One image of an ad-hoc preheat.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ImageRef {
    pub registry_id: i64,
    /// Full repository name.
    pub repository: String,
    /// A tag or a digest.
    pub reference: String,
}

/// One execution with its counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    pub id: i64,
    /// Names of policy and project at the time it started; None for an ad-hoc preheat.
    pub policy: Option<String>,
    pub project: Option<String>,
    /// None for an ad-hoc preheat of no project, and when the project was deleted.
    pub project_id: Option<i64>,
    /// `manual`, `schedule` or `event`.
    pub trigger: String,
    /// The time of the schedule that it was started for.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// The event that it was started for.
    pub event_id: Option<i64>,
    pub status: Status,
    /// What a person should know about it, in one line; empty while there is nothing to say.
    pub message: String,
    pub warnings: Vec<String>,
    /// Whether all its tasks are known; until then the counts still grow.
    pub expanded: bool,
    pub counts: Counts,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// Number of tasks by status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    pub pending: i64,
    pub running: i64,
    pub success: i64,
    pub error: i64,
    pub stopped: i64,
}

impl Spec {
    /// What a policy says now, for these instances; editing it later changes nothing of the execution.
    pub fn of_policy(project: &Project, policy: &Policy, instances: &[Instance], start: Start) -> Self {
        let selection = Selection {
            registry_id: project.registry_id,
            namespace: project.namespace.clone(),
            filters: policy.filters.clone(),
            criteria: project.criteria,
            only: None,
        };
        Self {
            work: Work::Policy(selection),
            instances: InstanceRef::of(instances),
            options: policy.options.clone(),
            max_attempts: policy.max_attempts,
            skip_if_warm: start != Start::Manual && policy.skip_if_warm.unwrap_or(true),
        }
    }
}

impl InstanceRef {
    /// Instances, as an execution remembers them.
    pub fn of(instances: &[Instance]) -> Vec<Self> {
        instances.iter().map(|instance| Self { id: instance.id, name: instance.name.clone() }).collect()
    }
}

impl Counts {
    pub fn total(&self) -> i64 {
        self.pending + self.running + self.success + self.error + self.stopped
    }

    pub fn open(&self) -> i64 {
        self.pending + self.running
    }

    /// Share of successes among the finished tasks, 0 to 100; None before the first has finished.
    pub fn success_rate(&self) -> Option<f64> {
        let finished = self.success + self.error + self.stopped;
        (finished > 0).then(|| 100.0 * self.success as f64 / finished as f64)
    }

    /// The status of an execution all of whose tasks are finished.
    pub fn outcome(&self) -> Status {
        if self.error > 0 {
            Status::Error
        } else if self.stopped > 0 {
            Status::Stopped
        } else {
            Status::Success
        }
    }
}
