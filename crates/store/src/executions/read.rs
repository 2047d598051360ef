//! Reading executions.

use chrono::{DateTime, Utc};
use forewarm_domain::access::Reach;
use forewarm_domain::execution::{Counts, Execution, Spec};
use forewarm_domain::options::OriginAccess;
use forewarm_domain::status::Status;
use sqlx::PgConnection;
use sqlx::types::Json;

use super::{Executions, TABLE, spec};
use crate::{StoreError, origin_access};

/// Which executions to list; every condition that is given must hold.
#[derive(Debug, Clone, Default)]
pub struct ExecutionFilter {
    pub policy: Option<String>,
    pub project: Option<String>,
    pub status: Option<Status>,
    pub trigger: Option<String>,
    /// Created at or after.
    pub since: Option<DateTime<Utc>>,
    /// Created before.
    pub until: Option<DateTime<Utc>>,
    pub reach: Reach,
    /// Oldest first instead of newest first.
    pub oldest_first: bool,
}

#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: i64,
    policy: Option<String>,
    project: Option<String>,
    project_id: Option<i64>,
    trigger: String,
    scheduled_for: Option<DateTime<Utc>>,
    event_id: Option<i64>,
    status: String,
    message: String,
    warnings: Vec<String>,
    expanded: bool,
    counts: Json<Counts>,
    created_at: DateTime<Utc>,
    started_at: Option<DateTime<Utc>>,
    ended_at: Option<DateTime<Utc>>,
}

impl Executions<'_> {
    pub async fn get(&self, id: i64) -> Result<Option<Execution>, StoreError> {
        get_in(&mut *self.store.pool.acquire().await?, id).await
    }

    /// One page of executions, newest first unless asked otherwise, and how many there are in all.
    pub async fn list(
        &self,
        filter: &ExecutionFilter,
        limit: i64,
        offset: i64,
    ) -> Result<(Vec<Execution>, i64), StoreError> {
        let total = self.count(filter).await?;
        let rows = sqlx::query_as!(
            Row,
            r#"SELECT id AS "id!", policy, project, project_id, trigger AS "trigger!", scheduled_for, event_id,
                      status AS "status!", message AS "message!",
                      warnings AS "warnings!", expanded AS "expanded!", counts AS "counts!: Json<Counts>",
                      created_at AS "created_at!", started_at, ended_at
               FROM execution_overview
               WHERE ($1::text IS NULL OR policy = $1) AND ($2::text IS NULL OR project = $2)
                 AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR trigger = $4)
                 AND ($5::timestamptz IS NULL OR created_at >= $5) AND ($6::timestamptz IS NULL OR created_at < $6)
                 AND ($10::bigint[] IS NULL OR project_id = ANY ($10))
               ORDER BY CASE WHEN $7 THEN id ELSE -id END
               LIMIT $8 OFFSET $9"#,
            filter.policy,
            filter.project,
            filter.status.map(Status::as_str),
            filter.trigger,
            filter.since,
            filter.until,
            filter.oldest_first,
            limit,
            offset,
            filter.reach.ids(),
        )
        .fetch_all(&self.store.pool)
        .await?;
        let executions = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok((executions, total))
    }

    /// What an execution was started with.
    pub async fn plan(&self, id: i64) -> Result<Option<(Spec, OriginAccess)>, StoreError> {
        let row = sqlx::query!("SELECT spec, origin_access FROM executions WHERE id = $1", id)
            .fetch_optional(&self.store.pool)
            .await?;
        let Some(row) = row else { return Ok(None) };
        let keys = &self.store.keys;
        let origin = origin_access::from_json(keys, (TABLE, id), row.origin_access);
        Ok(Some((spec::read(keys, id, row.spec)?.0, origin)))
    }

    /// Ids of a policy's executions that have not ended.
    pub async fn open_of_policy(&self, policy_id: i64) -> Result<Vec<i64>, StoreError> {
        let ids = sqlx::query_scalar!(
            "SELECT id FROM executions WHERE policy_id = $1 AND status IN ('pending', 'running') ORDER BY id",
            policy_id
        );
        Ok(ids.fetch_all(&self.store.pool).await?)
    }

    async fn count(&self, filter: &ExecutionFilter) -> Result<i64, StoreError> {
        let total = sqlx::query_scalar!(
            r#"SELECT count(*) AS "count!" FROM executions
               WHERE ($1::text IS NULL OR policy = $1) AND ($2::text IS NULL OR project = $2)
                 AND ($3::text IS NULL OR status = $3) AND ($4::text IS NULL OR trigger = $4)
                 AND ($5::timestamptz IS NULL OR created_at >= $5) AND ($6::timestamptz IS NULL OR created_at < $6)
                 AND ($7::bigint[] IS NULL OR project_id = ANY ($7))"#,
            filter.policy,
            filter.project,
            filter.status.map(Status::as_str),
            filter.trigger,
            filter.since,
            filter.until,
            filter.reach.ids(),
        );
        Ok(total.fetch_one(&self.store.pool).await?)
    }
}

impl TryFrom<Row> for Execution {
    type Error = StoreError;

    fn try_from(row: Row) -> Result<Self, StoreError> {
        let status = row.status.parse().map_err(|error: forewarm_domain::Invalid| StoreError::Corrupt {
            table: "execution",
            id: row.id,
            column: "status",
            reason: error.reason,
        })?;
        Ok(Self {
            id: row.id,
            policy: row.policy,
            project: row.project,
            project_id: row.project_id,
            trigger: row.trigger,
            scheduled_for: row.scheduled_for,
            event_id: row.event_id,
            status,
            message: row.message,
            warnings: row.warnings,
            expanded: row.expanded,
            counts: row.counts.0,
            created_at: row.created_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
        })
    }
}

/// The execution as the caller's transaction sees it.
pub(super) async fn get_in(connection: &mut PgConnection, id: i64) -> Result<Option<Execution>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        r#"SELECT id AS "id!", policy, project, project_id, trigger AS "trigger!", scheduled_for, event_id,
                  status AS "status!", message AS "message!",
                  warnings AS "warnings!", expanded AS "expanded!", counts AS "counts!: Json<Counts>",
                  created_at AS "created_at!", started_at, ended_at
           FROM execution_overview WHERE id = $1"#,
        id
    )
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}
