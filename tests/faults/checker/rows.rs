//! Reads our tables by plain SQL: nothing here knows the crates that write them.

use sqlx::{Connection, Executor, PgConnection};

use super::evidence::{Change, Evidence, ExecutionRow, TaskRow};

/// Writes down every change of a status, and every row that is deleted.
const WITNESS: &str = "
CREATE SCHEMA witness;
CREATE TABLE witness.changes (
    n bigint GENERATED ALWAYS AS IDENTITY, about text NOT NULL, id bigint NOT NULL, old text NOT NULL, new text NOT NULL
);
CREATE FUNCTION witness.note() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO witness.changes (about, id, old, new)
    VALUES (TG_TABLE_NAME, OLD.id, OLD.status, CASE WHEN TG_OP = 'DELETE' THEN 'deleted' ELSE NEW.status END);
    RETURN NULL;
END
$$;
CREATE TRIGGER witness AFTER UPDATE ON tasks FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION witness.note();
CREATE TRIGGER witness_deletion AFTER DELETE ON tasks FOR EACH ROW EXECUTE FUNCTION witness.note();
CREATE TRIGGER witness AFTER UPDATE ON executions FOR EACH ROW
    WHEN (OLD.status IS DISTINCT FROM NEW.status) EXECUTE FUNCTION witness.note();
CREATE TRIGGER witness_deletion AFTER DELETE ON executions FOR EACH ROW EXECUTE FUNCTION witness.note();
";

const TASKS: &str = "
SELECT t.id, t.execution_id, t.instance, t.repository, t.digest, t.status, t.message, t.attempt, t.already_warm,
       t.lease_token IS NOT NULL AS leased, t.ended_at IS NOT NULL AS ended,
       coalesce(t.ended_at > t.deadline, false) AS overdue,
       coalesce(l.lines, 0) AS lines, coalesce(l.first, 0) AS first_line, coalesce(l.last, 0) AS last_line,
       coalesce(w.level, '') AS last_level, coalesce(w.message, '') AS last_words
FROM tasks t
LEFT JOIN (SELECT task_id, count(*) AS lines, min(n) AS first, max(n) AS last FROM task_log_lines GROUP BY task_id) l
    ON l.task_id = t.id
LEFT JOIN task_log_lines w ON w.task_id = t.id AND w.n = l.last
ORDER BY t.id";

const EXECUTIONS: &str = "
SELECT id, status, message, lease_token IS NOT NULL AS leased, ended_at IS NOT NULL AS ended, final_counts
FROM executions ORDER BY id";

const LEFTOVERS: &str = "
SELECT concat_ws(' ', job_type, idempotency_key, status, 'due', run_at) FROM apalis.jobs
WHERE status NOT IN ('Done', 'Killed') ORDER BY run_at";

const HISTORY: &str = "
SELECT concat_ws(' ', '  task', task_id, to_char(at, 'HH24:MI:SS.MS'), level, message)
FROM task_log_lines WHERE task_id = ANY ($1) ORDER BY task_id, n";

/// From here on nothing changes unseen.
pub async fn watch(database: &str) {
    connect(database).await.unwrap().execute(WITNESS).await.unwrap();
}

pub async fn read(database: &str, evidence: &mut Evidence) -> Result<(), sqlx::Error> {
    let mut connection = connect(database).await?;
    evidence.tasks = sqlx::query_as::<_, TaskRow>(TASKS).fetch_all(&mut connection).await?;
    evidence.executions = sqlx::query_as::<_, ExecutionRow>(EXECUTIONS).fetch_all(&mut connection).await?;
    let changes = "SELECT about, id, old, new FROM witness.changes ORDER BY n";
    evidence.changes = sqlx::query_as::<_, Change>(changes).fetch_all(&mut connection).await?;
    evidence.leftovers = sqlx::query_scalar(LEFTOVERS).fetch_all(&mut connection).await?;
    Ok(())
}

/// The logs of these tasks, a line each.
pub async fn history(database: &str, tasks: &[i64]) -> Result<Vec<String>, sqlx::Error> {
    let mut connection = connect(database).await?;
    sqlx::query_scalar(HISTORY).bind(tasks).fetch_all(&mut connection).await
}

async fn connect(database: &str) -> Result<PgConnection, sqlx::Error> {
    PgConnection::connect(database).await
}
