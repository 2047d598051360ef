//! The one way in which an execution comes to be.

use chrono::{DateTime, Utc};
use forewarm_domain::execution::{Execution, Spec};
use forewarm_domain::job::Job;
use forewarm_domain::options::OriginAccess;
use forewarm_domain::trigger::Start;
use serde_json::{Value, json};
use sqlx::PgConnection;

use super::read::get_in;
use super::{Executions, TABLE, spec};
use crate::audit::{Object, Watched};
use crate::queue::{self, Ticket};
use crate::{StoreError, next_id, origin_access};

/// An execution to be.
#[derive(Debug, Clone)]
pub struct NewExecution {
    /// Id and name of the policy; None for an ad-hoc preheat.
    pub policy: Option<(i64, String)>,
    /// Id and name of the project; None for an ad-hoc preheat.
    pub project: Option<(i64, String)>,
    pub start: Start,
    /// The time of the schedule that it is for: one execution each.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// The event that it is for: one execution each.
    pub event_id: Option<i64>,
    pub spec: Spec,
    pub origin: OriginAccess,
    pub warnings: Vec<String>,
}

/// What came of a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Started {
    pub id: i64,
    /// false = this time of the schedule, or this event, had started it before.
    pub is_new: bool,
}

impl Executions<'_> {
    /// Writes the execution and the ticket of its expansion in one transaction, and returns how it is now: whoever had to
    /// ask for that afterwards could fail to learn that it started. Requests, schedules and events all enter here.
    pub async fn start(&self, new: &NewExecution) -> Result<Execution, StoreError> {
        let mut tx = self.store.begin().await?;
        let started = self.start_in(&mut tx, new).await?;
        let execution = get_in(&mut tx, started.id).await?;
        tx.commit().await?;
        execution.ok_or(StoreError::Database(sqlx::Error::RowNotFound))
    }

    /// The same for an event, which may have started it before.
    pub async fn start_once(&self, new: &NewExecution) -> Result<Started, StoreError> {
        let mut tx = self.store.begin().await?;
        let started = self.start_in(&mut tx, new).await?;
        tx.commit().await?;
        Ok(started)
    }

    /// The same as part of the caller's transaction.
    pub(crate) async fn start_in(
        &self,
        connection: &mut PgConnection,
        new: &NewExecution,
    ) -> Result<Started, StoreError> {
        let started = self.insert(connection, new).await?;
        if let (true, Some(reason)) = (started.is_new, new.origin.locked()) {
            let reason = format!("the policy's access to the origin cannot be used: {reason}");
            self.fail(connection, started.id, &reason).await?;
        }
        Ok(started)
    }

    /// Leaves a record of a run that could not be started, with the reason: an execution that ended in error.
    pub async fn start_failed(&self, new: &NewExecution, reason: &str) -> Result<Started, StoreError> {
        let mut tx = self.store.begin().await?;
        let started = self.insert(&mut tx, new).await?;
        if started.is_new {
            self.fail(&mut tx, started.id, reason).await?;
        }
        tx.commit().await?;
        if started.is_new {
            self.count_end(started.id).await;
        }
        Ok(started)
    }

    async fn insert(&self, connection: &mut PgConnection, new: &NewExecution) -> Result<Started, StoreError> {
        let (policy_id, policy) = new.policy.clone().unzip();
        let (project_id, project) = new.project.clone().unzip();
        let id = next_id(connection, TABLE).await?;
        let row = sqlx::query!(
            r#"INSERT INTO executions (policy_id, policy, project_id, project, trigger, spec, origin_access, warnings,
                                       scheduled_for, event_id, due_at, created_at, id)
               OVERRIDING SYSTEM VALUE
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $10, $11, coalesce($9, now()), coalesce($9, now()), $12)
               ON CONFLICT DO NOTHING
               RETURNING id, seq, due_at AS "due_at!""#,
            policy_id,
            policy,
            project_id,
            project,
            new.start.as_str(),
            json!(spec::seal(&self.store.keys, id, &new.spec)?),
            self.origin_of(id, new)?,
            &new.warnings,
            self.store.clock.bind(),
            new.scheduled_for,
            new.event_id,
            id,
        )
        .fetch_optional(&mut *connection)
        .await?;
        let Some(row) = row else {
            return Ok(Started { id: earlier(connection, new).await?, is_new: false });
        };
        let job = Job::ExpandExecution { execution_id: row.id, seq: row.seq };
        queue::push(connection, &[Ticket { job, run_at: row.due_at }]).await?;
        self.note_trace(connection, row.id).await?;
        self.store.note(connection, "start", Watched::new(Object::Execution, row.id)).await?;
        Ok(Started { id: row.id, is_new: true })
    }

    /// A locked access opens in the policy's row only.
    fn origin_of(&self, id: i64, new: &NewExecution) -> Result<Value, StoreError> {
        let none = OriginAccess::default();
        let origin = if new.origin.locked().is_some() { &none } else { &new.origin };
        origin_access::to_json(&self.store.keys, (TABLE, id), origin, None)
    }

    /// Ends it before it begins. Its ticket finds an execution that has ended, and does nothing.
    async fn fail(&self, connection: &mut PgConnection, id: i64, reason: &str) -> Result<(), StoreError> {
        sqlx::query!(
            "UPDATE executions
             SET status = 'error', message = $2, due_at = NULL, seq = seq + 1,
                 started_at = coalesce($3, now()), ended_at = coalesce($3, now())
             WHERE id = $1",
            id,
            reason,
            self.store.clock.bind(),
        )
        .execute(&mut *connection)
        .await?;
        super::end::store_counts(connection, id).await?;
        Ok(())
    }
}

/// The execution that the same time of the schedule, or the same event, started before.
async fn earlier(connection: &mut PgConnection, new: &NewExecution) -> Result<i64, StoreError> {
    let id = sqlx::query_scalar!(
        "SELECT id FROM executions WHERE policy_id = $1 AND (scheduled_for = $2 OR event_id = $3)",
        new.policy.as_ref().map(|(id, _)| *id),
        new.scheduled_for,
        new.event_id,
    );
    Ok(id.fetch_one(connection).await?)
}
