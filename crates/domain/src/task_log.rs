//! What happened to a task, line by line, for the person who asks why.

use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Info,
    Warning,
    Error,
}

impl Level {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One line of a task's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub at: DateTime<Utc>,
    pub level: Level,
    pub message: String,
}

/// The longest message of a line in bytes; engines have been seen to answer with megabytes.
pub const MAX_MESSAGE: usize = 8 * 1024;

/// Collects the lines of one step until they are stored. Clones share the lines.
#[derive(Clone)]
pub struct TaskLog {
    lines: Arc<Mutex<Vec<Line>>>,
    now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>,
}

impl TaskLog {
    /// `now` tells the time of a line.
    pub fn new(now: Arc<dyn Fn() -> DateTime<Utc> + Send + Sync>) -> Self {
        Self { lines: Arc::default(), now }
    }

    pub fn info(&self, message: impl Into<String>) {
        self.push(Level::Info, &message.into());
    }

    pub fn warning(&self, message: impl Into<String>) {
        self.push(Level::Warning, &message.into());
    }

    pub fn error(&self, message: impl Into<String>) {
        self.push(Level::Error, &message.into());
    }

    /// Hands out the lines collected so far and forgets them.
    pub fn take(&self) -> Vec<Line> {
        std::mem::take(&mut *self.lines.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Takes lines back that could not be stored, before those that came since.
    pub fn put_back(&self, mut lines: Vec<Line>) {
        let mut kept = self.lines.lock().unwrap_or_else(PoisonError::into_inner);
        lines.append(&mut kept);
        *kept = lines;
    }

    fn push(&self, level: Level, message: &str) {
        let line = Line { at: (self.now)(), level, message: printable(message) };
        self.lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
    }
}

/// Text of engines and registries, made safe to show: control characters (ANSI escapes, NUL, line breaks) become
/// spaces, and it is cut at [`MAX_MESSAGE`] bytes.
pub fn printable(text: &str) -> String {
    if text.len() <= MAX_MESSAGE && text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len().min(MAX_MESSAGE));
    for c in text.chars() {
        if out.len() + c.len_utf8() > MAX_MESSAGE {
            out.push('…');
            break;
        }
        out.push(if c.is_control() { ' ' } else { c });
    }
    out
}
