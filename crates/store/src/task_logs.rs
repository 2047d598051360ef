//! Table `task_logs`: what happened to a task, line by line.

use chrono::{DateTime, Utc};
use forewarm_domain::task_log::{Line, MAX_MESSAGE};
use sqlx::PgConnection;

use crate::{Store, StoreError};

/// A stored line.
#[derive(Debug, Clone)]
pub struct LogLine {
    /// Number in its task, from 1 without gaps.
    pub n: i64,
    pub at: DateTime<Utc>,
    /// Which attempt it belongs to; 0 before the first.
    pub attempt: i32,
    /// `info`, `warning` or `error`.
    pub level: String,
    pub message: String,
}

/// Appends lines in the caller's transaction. The caller holds the task's row, so numbers have no gaps.
pub(crate) async fn append(
    connection: &mut PgConnection,
    task_id: i64,
    attempt: i32,
    lines: &[Line],
) -> Result<(), StoreError> {
    if lines.is_empty() {
        return Ok(());
    }
    let at: Vec<DateTime<Utc>> = lines.iter().map(|line| line.at).collect();
    let levels: Vec<String> = lines.iter().map(|line| line.level.as_str().to_owned()).collect();
    let messages: Vec<String> = lines.iter().map(|line| shorten(&line.message)).collect();
    sqlx::query!(
        "INSERT INTO task_logs (task_id, n, at, attempt, level, message)
         SELECT $1, (SELECT coalesce(max(n), 0) FROM task_logs WHERE task_id = $1) + line.i, line.at, $2, line.level, line.message
         FROM unnest($3::timestamptz[], $4::text[], $5::text[]) WITH ORDINALITY AS line (at, level, message, i)",
        task_id,
        attempt,
        &at,
        &levels,
        &messages,
    )
    .execute(connection)
    .await?;
    Ok(())
}

fn shorten(message: &str) -> String {
    let mut end = message.len().min(MAX_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    message[..end].replace('\0', " ")
}

impl Store {
    /// Lines of a task after number `after`, oldest first, `limit` at most.
    pub async fn task_log(&self, task_id: i64, after: i64, limit: i64) -> Result<Vec<LogLine>, StoreError> {
        let lines = sqlx::query_as!(
            LogLine,
            "SELECT n, at, attempt, level, message FROM task_logs WHERE task_id = $1 AND n > $2 ORDER BY n LIMIT $3",
            task_id,
            after,
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(lines)
    }
}
