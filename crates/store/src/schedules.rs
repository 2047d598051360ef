//! Policies whose schedule is due: each time of a schedule starts one execution, with any number of processes.

use chrono::{DateTime, Utc};
use forewarm_domain::due::{Due, MissedTimes};
use forewarm_domain::execution::Spec;
use forewarm_domain::options::Kind;
use forewarm_domain::policy::Policy;
use forewarm_domain::trigger::{Schedule, Start, Trigger};
use serde_json::Value;
use sqlx::{PgConnection, Postgres, Transaction};

use crate::executions::NewExecution;
use crate::{Keyring, Store, StoreError, instances, policies, projects};

/// A policy whose time had come, and what became of it.
#[derive(Debug)]
pub struct Fired {
    pub policy_id: i64,
    /// The time of its schedule.
    pub due: DateTime<Utc>,
    pub outcome: Outcome,
}

#[derive(Debug)]
pub enum Outcome {
    /// An execution was started, which also makes up for what was missed.
    Started { execution_id: i64, missed: Option<MissedTimes> },
    /// The policy skips what was missed.
    Skipped(MissedTimes),
    /// The policy is not due again until somebody edits it: it cannot be read, for this reason.
    Unreadable(String),
    /// Nothing changed; it stays due.
    Failed(StoreError),
}

/// The row that is locked while its execution is started.
struct Row {
    id: i64,
    due: DateTime<Utc>,
    now: DateTime<Utc>,
    trigger: Value,
}

impl Store {
    pub fn schedules(&self) -> Schedules<'_> {
        Schedules { store: self }
    }
}

/// What can be done with schedules.
#[derive(Debug, Clone, Copy)]
pub struct Schedules<'a> {
    store: &'a Store,
}

impl Schedules<'_> {
    /// Takes the policy that has been due for longest, except for `others` and for those that another process has in
    /// hand, and in the same transaction starts its execution and sets its next time. None = nothing is due.
    ///
    /// # Errors
    /// The database could not be asked. What goes wrong with one policy is its [`Outcome`].
    pub async fn fire_next(&self, others: &[i64]) -> Result<Option<Fired>, StoreError> {
        let mut tx = self.store.begin().await?;
        let Some(row) = self.take(&mut tx, others).await? else { return Ok(None) };
        let (policy_id, due) = (row.id, row.due);
        let outcome = match self.fire(tx, row).await {
            Ok(outcome) => outcome,
            Err(error) if error.is_unavailable() => return Err(error),
            Err(error) => Outcome::Failed(error),
        };
        Ok(Some(Fired { policy_id, due, outcome }))
    }

    /// Locks the row. The condition is looked at again under the lock, so that nobody fires what somebody just fired.
    async fn take(&self, connection: &mut PgConnection, others: &[i64]) -> Result<Option<Row>, StoreError> {
        let row = sqlx::query_as!(
            Row,
            r#"SELECT id, next_fire_at AS "due!", coalesce($1, now()) AS "now!", trigger
               FROM policies
               WHERE enabled AND next_fire_at <= coalesce($1, now()) AND id <> ALL ($2)
               ORDER BY next_fire_at, id LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED"#,
            self.store.clock.bind(),
            others,
        );
        Ok(row.fetch_optional(connection).await?)
    }

    async fn fire(&self, mut tx: Transaction<'_, Postgres>, row: Row) -> Result<Outcome, StoreError> {
        let (outcome, next) = match read(row.trigger).and_then(|schedule| judge(&schedule, row.due, row.now))
        {
            Ok(due) => (self.start(&mut tx, row.id, row.due, &due).await?, due.next),
            Err(reason) => (Outcome::Unreadable(reason), None),
        };
        // A policy that cannot be read must not be looked at each second for ever.
        let next = next.filter(|_| !matches!(outcome, Outcome::Unreadable(_)));
        sqlx::query!("UPDATE policies SET next_fire_at = $2 WHERE id = $1", row.id, next)
            .execute(&mut *tx)
            .await?;
        tx.commit().await?;
        Ok(outcome)
    }

    async fn start(
        &self,
        connection: &mut PgConnection,
        policy_id: i64,
        at: DateTime<Utc>,
        due: &Due,
    ) -> Result<Outcome, StoreError> {
        if let (false, Some(missed)) = (due.runs, due.missed) {
            return Ok(Outcome::Skipped(missed));
        }
        match execution(connection, &self.store.keys, policy_id, at, due.missed).await {
            Ok(Some(new)) => {
                let started = self.store.executions().start_in(connection, &new).await?;
                Ok(Outcome::Started { execution_id: started.id, missed: due.missed })
            }
            Ok(None) => Ok(Outcome::Unreadable("it was deleted".to_owned())),
            Err(error) if is_unreadable(&error) => Ok(Outcome::Unreadable(error.to_string())),
            Err(error) => Err(error),
        }
    }
}

/// The execution of a policy as it is now. Disabled instances are named, too: its expansion says that they get nothing.
async fn execution(
    connection: &mut PgConnection,
    keys: &Keyring,
    policy_id: i64,
    at: DateTime<Utc>,
    missed: Option<MissedTimes>,
) -> Result<Option<NewExecution>, StoreError> {
    let Some(policy) = policies::by_id(connection, keys, policy_id).await? else { return Ok(None) };
    let Some(project) = projects::by_id(connection, policy.project_id).await? else { return Ok(None) };
    let instances = instances::chosen(connection, keys, &policy.instances).await?;
    Ok(Some(NewExecution {
        spec: Spec::of_policy(&project, &policy, &instances, Start::Schedule),
        warnings: warnings(&policy, missed),
        policy: Some((policy.id, policy.name)),
        project: Some((project.id, project.name)),
        start: Start::Schedule,
        scheduled_for: Some(at),
        event_id: None,
        origin: policy.access,
    }))
}

fn warnings(policy: &Policy, missed: Option<MissedTimes>) -> Vec<String> {
    let mut warnings = policy.options.warnings(Kind::Image);
    warnings.extend(missed.map(|missed| format!("makes up for {missed}, when no worker was running")));
    warnings
}

fn read(trigger: Value) -> Result<Schedule, String> {
    match serde_json::from_value(trigger) {
        Ok(Trigger::Schedule(schedule)) => Ok(schedule),
        Ok(Trigger::Manual | Trigger::Event { .. }) => Err("its trigger is no schedule".to_owned()),
        Err(error) => Err(format!("its trigger cannot be read: {error}")),
    }
}

fn judge(schedule: &Schedule, at: DateTime<Utc>, now: DateTime<Utc>) -> Result<Due, String> {
    schedule
        .due(at, now)
        .map_err(|invalid| format!("its schedule '{}' cannot be read: {invalid}", schedule.cron))
}

/// Whether the rows, rather than the database, are to blame.
fn is_unreadable(error: &StoreError) -> bool {
    matches!(error, StoreError::Corrupt { .. } | StoreError::Database(sqlx::Error::ColumnDecode { .. }))
}
