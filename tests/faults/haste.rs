//! Spares a test the longest waits there are, by moving back the times of rows that only wait.

use sqlx::{Executor, PgConnection};

/// A submission that was broken off is asked again only when the manager can no longer be making its job, which is
/// after 160 s. A fake knows sooner what it is still answering ($1), a process asks at once or not at all, and what has
/// been sent is on its way for so many seconds ($2).
const INTERRUPTED: &str = "
WITH aged AS (
    UPDATE tasks SET submitted_at = submitted_at - interval '160 seconds', due_at = now()
    WHERE status = 'running' AND stage = 'submit' AND asked AND lease_token IS NULL
      AND id <> ALL ($1) AND submitted_at < now() - make_interval(secs => $2)
      AND due_at > now() + interval '3 seconds'
    RETURNING id
)
UPDATE apalis.jobs SET run_at = now()
WHERE status = 'Pending' AND run_at > now() + interval '3 seconds' AND EXISTS (SELECT FROM aged)";

/// A ticket that is late gets a minute before the sweep looks whether it was lost.
const LATE: &str = "
UPDATE tasks SET due_at = due_at - interval '60 seconds'
WHERE opened AND lease_token IS NULL
  AND due_at BETWEEN now() - interval '60 seconds' AND now() - interval '8 seconds'";

/// The same for executions.
const LATE_EXPANSIONS: &str = "
UPDATE executions SET due_at = due_at - interval '60 seconds'
WHERE status IN ('pending', 'running') AND expanded_at IS NULL AND lease_token IS NULL
  AND due_at BETWEEN now() - interval '60 seconds' AND now() - interval '8 seconds'";

/// `asked` = tasks whose submissions are being answered; `on_its_way` = seconds for which one may be, unseen.
pub async fn spare_waiting(
    connection: &mut PgConnection,
    asked: &[i64],
    on_its_way: f64,
) -> Result<(), sqlx::Error> {
    sqlx::query(INTERRUPTED).bind(asked).bind(on_its_way).execute(&mut *connection).await?;
    for statement in [LATE, LATE_EXPANSIONS] {
        connection.execute(statement).await?;
    }
    Ok(())
}
