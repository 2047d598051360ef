//! The one way in which an execution comes to be.

use forewarm_domain::execution::Spec;
use forewarm_domain::job::Job;
use forewarm_domain::options::OriginAccess;
use serde_json::json;

use super::Executions;
use crate::queue::{self, Ticket};
use crate::{StoreError, origin_access};

/// An execution to be.
#[derive(Debug, Clone)]
pub struct NewExecution {
    /// Id and name of the policy; None for an ad-hoc preheat.
    pub policy: Option<(i64, String)>,
    /// Id and name of the project; None for an ad-hoc preheat.
    pub project: Option<(i64, String)>,
    /// `manual`, `schedule` or `event`.
    pub trigger: String,
    pub spec: Spec,
    pub origin: OriginAccess,
    pub warnings: Vec<String>,
}

impl Executions<'_> {
    /// Writes the execution and the ticket of its expansion in one transaction, and returns its id. Requests,
    /// schedules and events all enter here.
    pub async fn start(&self, new: &NewExecution) -> Result<i64, StoreError> {
        let mut tx = self.store.pool.begin().await?;
        let (policy_id, policy) = new.policy.clone().unzip();
        let (project_id, project) = new.project.clone().unzip();
        let row = sqlx::query!(
            r#"INSERT INTO executions (policy_id, policy, project_id, project, trigger, spec, origin_access, warnings, due_at, created_at)
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, coalesce($9, now()), coalesce($9, now()))
               RETURNING id, seq, due_at AS "due_at!""#,
            policy_id,
            policy,
            project_id,
            project,
            new.trigger,
            json!(new.spec),
            origin_access::to_json(&new.origin),
            &new.warnings,
            self.store.clock.bind(),
        )
        .fetch_one(&mut *tx)
        .await?;
        let job = Job::ExpandExecution { execution_id: row.id, seq: row.seq };
        queue::push(&mut tx, &[Ticket { job, run_at: row.due_at }]).await?;
        tx.commit().await?;
        Ok(row.id)
    }
}
