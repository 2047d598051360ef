//! Table `task_logs`: what happened to a task, line by line.

use std::borrow::Cow;

use chrono::{DateTime, Utc};
use forewarm_domain::task_log::{Level, Line, MAX_MESSAGE};
use serde::Serialize;

use crate::json;
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

/// Lines as column `lines` holds them. Whoever writes them holds the task's row and moves its `log_lines` on, so numbers
/// have no gaps.
pub(crate) fn column(lines: &[Line]) -> Result<String, StoreError> {
    let stored: Vec<Stored<'_>> = lines
        .iter()
        .map(|Line { at, level, message }| Stored { at, level: *level, message: shorten(message) })
        .collect();
    json::text(&stored)
}

#[derive(Serialize)]
struct Stored<'a> {
    at: &'a DateTime<Utc>,
    level: Level,
    message: Cow<'a, str>,
}

fn shorten(message: &str) -> Cow<'_, str> {
    let mut end = message.len().min(MAX_MESSAGE);
    while !message.is_char_boundary(end) {
        end -= 1;
    }
    let message = &message[..end];
    if message.contains('\0') { message.replace('\0', " ").into() } else { message.into() }
}

impl Store {
    /// Lines of a task after number `after`, oldest first, `limit` at most.
    pub async fn task_log(&self, task_id: i64, after: i64, limit: i64) -> Result<Vec<LogLine>, StoreError> {
        let lines = sqlx::query_as!(
            LogLine,
            r#"SELECT n AS "n!", at AS "at!", attempt AS "attempt!", level AS "level!", message AS "message!"
               FROM task_log_lines WHERE task_id = $1 AND n > $2 ORDER BY n LIMIT $3"#,
            task_id,
            after,
            limit,
        )
        .fetch_all(&self.pool)
        .await?;
        Ok(lines)
    }
}
