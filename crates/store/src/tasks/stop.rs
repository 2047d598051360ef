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
                   ended_at = coalesce($3, now())
               WHERE id IN (
                   SELECT id FROM tasks WHERE instance_id = $1 AND status = 'pending' ORDER BY id FOR UPDATE)
               RETURNING id, execution_id, attempt
           ), logged AS (
               INSERT INTO task_logs (task_id, n, at, attempt, level, message)
               SELECT id, (SELECT coalesce(max(n), 0) + 1 FROM task_logs l WHERE l.task_id = stopped.id),
                      coalesce($3, now()), attempt, 'warning', $2
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
