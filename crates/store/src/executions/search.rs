//! The executions of one policy, as clients of Harbor ask for them.

use forewarm_domain::execution::Execution;
use forewarm_domain::harbor::search::{Column, Search};

use super::Executions;
use super::read::Row;
use crate::StoreError;
use crate::listing::Page;
use crate::search::{Statement, push_conditions, push_order};

/// What they can be narrowed and sorted by (Harbor 2.16, `pkg/task/dao/model.go`).
pub const COLUMNS: &[Column] = &[
    Column::int("id"),
    Column::text("vendor_type"),
    Column::text("status"),
    Column::text("status_message"),
    Column::text("trigger"),
    Column::time("start_time"),
    Column::time("update_time"),
    Column::time("end_time"),
    Column::text("extra_attrs.trigger"),
];

/// Harbor knows no waiting executions, and has words of its own for what started one.
fn expression(column: &str) -> &'static str {
    match column {
        "vendor_type" => "'P2P_PREHEAT'::text",
        "status" => "CASE status WHEN 'pending' THEN 'Running' ELSE initcap(status) END",
        "status_message" => "message",
        "trigger" | "extra_attrs.trigger" => {
            "CASE trigger WHEN 'schedule' THEN 'scheduled' WHEN 'event' THEN 'event_based' ELSE trigger END"
        }
        "start_time" => "created_at",
        "update_time" => "coalesce(ended_at, started_at, created_at)",
        "end_time" => "ended_at",
        _ => "id",
    }
}

impl Executions<'_> {
    /// One page of a policy's executions, newest first unless asked otherwise.
    pub async fn search(
        &self,
        policy_id: i64,
        search: &Search,
        limit: i64,
        offset: i64,
    ) -> Result<Page<Execution>, StoreError> {
        let mut count = Statement::new("SELECT count(*) FROM executions WHERE policy_id = ");
        count.push_bind(policy_id);
        push_conditions(&mut count, search, expression);
        let total = count.build_query_scalar().fetch_one(&self.store.pool).await?;

        let mut rows = Statement::new("SELECT * FROM execution_overview WHERE policy_id = ");
        rows.push_bind(policy_id);
        push_conditions(&mut rows, search, expression);
        push_order(&mut rows, search, expression, "created_at DESC, id DESC LIMIT ");
        rows.push_bind(limit).push(" OFFSET ").push_bind(offset);
        let rows: Vec<Row> = rows.build_query_as().fetch_all(&self.store.pool).await?;
        let items = rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?;
        Ok(Page { items, total })
    }

    /// The execution with this id, if it is one of this policy.
    pub async fn of_policy(&self, policy_id: i64, id: i64) -> Result<Option<Execution>, StoreError> {
        let is_its = sqlx::query_scalar!(
            r#"SELECT EXISTS (SELECT FROM executions WHERE id = $1 AND policy_id = $2) AS "is_its!""#,
            id,
            policy_id
        );
        if is_its.fetch_one(&self.store.pool).await? { self.get(id).await } else { Ok(None) }
    }
}
