//! Keeping leases while their work goes on.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use forewarm_domain::task_log::Line;

use super::{Lease, Tasks};
use crate::{Store, StoreError, task_logs};

#[derive(Debug)]
pub(super) struct Renewal {
    lease: Lease,
    by: Duration,
    line_count: i64,
    /// JSON.
    lines: String,
}

impl Tasks<'_> {
    /// Keeps the lease for another while and stores what the log has so far; false = the lease is lost.
    pub async fn renew(&self, lease: Lease, by: Duration, lines: &[Line]) -> Result<bool, StoreError> {
        let renewal = Renewal { lease, by, line_count: lines.len() as i64, lines: task_logs::column(lines)? };
        let store = self.store.clone();
        let write = move |renewals: Arc<Vec<Renewal>>| {
            let store = store.clone();
            async move { write(&store, &renewals).await }
        };
        Arc::clone(&self.store.writes.renewals).submit(renewal, write).await
    }
}

async fn write(store: &Store, renewals: &[Renewal]) -> Result<Vec<bool>, StoreError> {
    let ids: Vec<i64> = renewals.iter().map(|renewal| renewal.lease.task_id).collect();
    let tokens: Vec<_> = renewals.iter().map(|renewal| renewal.lease.token).collect();
    let attempts: Vec<i32> = renewals.iter().map(|renewal| renewal.lease.attempt).collect();
    let times: Vec<f64> = renewals.iter().map(|renewal| renewal.by.as_secs_f64()).collect();
    let counts: Vec<i64> = renewals.iter().map(|renewal| renewal.line_count).collect();
    let lines: Vec<&str> = renewals.iter().map(|renewal| renewal.lines.as_str()).collect();
    let renewed = sqlx::query_scalar!(
        r#"WITH renewed AS (
               UPDATE tasks t
               SET due_at = coalesce($7, now()) + make_interval(secs => held.seconds), log_lines = t.log_lines + held.line_count
               FROM unnest($1::bigint[], $2::uuid[], $3::integer[], $4::float8[], $5::bigint[], $6::text[])
                    AS held (task_id, token, at_attempt, seconds, line_count, lines)
               WHERE t.id = held.task_id AND t.lease_token = held.token
               RETURNING t.id, t.log_lines - held.line_count + 1 AS first_line, held.at_attempt, held.line_count, held.lines
           ), logged AS (
               INSERT INTO task_logs (task_id, n, attempt, lines)
               SELECT id, first_line, at_attempt, lines::jsonb FROM renewed WHERE line_count > 0
           )
           SELECT id AS "id!" FROM renewed"#,
        &ids,
        &tokens,
        &attempts,
        &times,
        &counts,
        &lines as &[&str],
        store.clock.bind(),
    )
    .fetch_all(&store.pool)
    .await?;
    let renewed: HashSet<i64> = renewed.into_iter().collect();
    Ok(ids.iter().map(|id| renewed.contains(id)).collect())
}
