//! Stopping what waits for an instance.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::StoreError;

/// Stops every task that waits for an instance and was not begun, and returns their executions, which may have ended
/// by that. What the engine has, or may have, is followed to its end.
pub(crate) async fn stop_waiting(
    connection: &mut PgConnection,
    instance_id: i64,
    reason: &str,
    now: Option<DateTime<Utc>>,
) -> Result<Vec<i64>, StoreError> {
    let executions = sqlx::query_scalar!(
        r#"WITH stopped AS (
               UPDATE tasks
               SET status = 'stopped', opened = false, due_at = NULL, seq = seq + 1, message = $2,
                   log_lines = log_lines + 1, ended_at = coalesce($3, now())
               WHERE id IN (
                   SELECT id FROM tasks WHERE instance_id = $1 AND status = 'pending' AND ended_at IS NULL ORDER BY id FOR UPDATE)
               RETURNING id, execution_id, attempt, log_lines
           ), logged AS (
               INSERT INTO task_logs (task_id, n, attempt, lines)
               SELECT id, log_lines, attempt, jsonb_build_array(jsonb_build_object(
                   'at', coalesce($3, now()), 'level', 'warning', 'message', $2::text))
               FROM stopped
           )
           SELECT DISTINCT execution_id FROM stopped"#,
        instance_id,
        reason,
        now,
    )
    .fetch_all(connection)
    .await?;
    Ok(executions)
}
