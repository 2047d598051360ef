//! The tasks of one execution, as clients of Harbor ask for them.

use forewarm_domain::harbor::search::{Column, Search};
use forewarm_domain::task::Task;

use super::Tasks;
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
    Column::int("run_count"),
    Column::time("creation_time"),
    Column::time("start_time"),
    Column::time("update_time"),
    Column::time("end_time"),
    Column::text("extra_attrs.artifact"),
    Column::text("extra_attrs.digest"),
    Column::text("extra_attrs.instance"),
];

fn expression(column: &str) -> &'static str {
    match column {
        "vendor_type" => "'P2P_PREHEAT'::text",
        "status" => "initcap(status)",
        "status_message" => "message",
        "run_count" => "attempt::bigint",
        "creation_time" => "created_at",
        "start_time" => "started_at",
        "update_time" => "coalesce(ended_at, started_at, created_at)",
        "end_time" => "ended_at",
        "extra_attrs.artifact" => {
            "repository || CASE cardinality(tags) WHEN 0 THEN '@' || digest ELSE ':' || array_to_string(tags, ',') END"
        }
        "extra_attrs.digest" => "digest",
        "extra_attrs.instance" => "instance",
        _ => "id",
    }
}

impl Tasks<'_> {
    /// One page of an execution's tasks, those that began last first unless asked otherwise.
    pub async fn search(
        &self,
        execution_id: i64,
        search: &Search,
        limit: i64,
        offset: i64,
    ) -> Result<Page<Task>, StoreError> {
        let mut count = Statement::new("SELECT count(*) FROM tasks WHERE execution_id = ");
        count.push_bind(execution_id);
        push_conditions(&mut count, search, expression);
        let total = count.build_query_scalar().fetch_one(&self.store.pool).await?;

        let mut rows = Statement::new(
            "SELECT id, execution_id, instance, vendor, registry_id, repository, digest, media_type, platform, tags,
                    artifact_digest, urls, status, message, proof, attempt, max_attempts, engine_job, report, due_at,
                    created_at, started_at, ended_at
             FROM tasks WHERE execution_id = ",
        );
        rows.push_bind(execution_id);
        push_conditions(&mut rows, search, expression);
        push_order(&mut rows, search, expression, "started_at DESC NULLS LAST, id DESC LIMIT ");
        rows.push_bind(limit).push(" OFFSET ").push_bind(offset);
        let rows: Vec<Row> = rows.build_query_as().fetch_all(&self.store.pool).await?;
        let tasks = rows.into_iter().map(|row| row.into_task(&self.store.keys));
        Ok(Page { items: tasks.collect::<Result<_, _>>()?, total })
    }
}
