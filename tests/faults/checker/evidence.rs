//! What three witnesses say of a run: the engine, the rows, and the triggers that watched the rows change.

use sqlx::types::JsonValue;

/// All that is known.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    pub wanted: Vec<Wanted>,
    pub tasks: Vec<TaskRow>,
    pub executions: Vec<ExecutionRow>,
    pub changes: Vec<Change>,
    /// Tickets that are still to be done, in words.
    pub leftovers: Vec<String>,
    pub jobs: Vec<EngineJob>,
    /// The marks of all requests for a job, in the order in which they came.
    pub posts: Vec<Mark>,
}

/// A manifest that an execution must have a task for.
#[derive(Debug, Clone)]
pub struct Wanted {
    pub execution: i64,
    pub instance: String,
    pub repository: String,
    pub digest: String,
    /// Addresses of its config and layers, as the engine names them.
    pub blobs: Vec<String>,
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct TaskRow {
    pub id: i64,
    pub execution_id: i64,
    pub instance: String,
    pub repository: String,
    pub digest: String,
    pub status: String,
    pub message: String,
    pub attempt: i32,
    pub already_warm: bool,
    pub leased: bool,
    pub ended: bool,
    /// It ended after its deadline.
    pub overdue: bool,
    pub lines: i64,
    pub first_line: i64,
    pub last_line: i64,
    pub last_level: String,
    pub last_words: String,
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub struct ExecutionRow {
    pub id: i64,
    pub status: String,
    pub message: String,
    pub leased: bool,
    pub ended: bool,
    pub final_counts: Option<JsonValue>,
}

/// A status that changed, or a row that was deleted (`new` is then `deleted`).
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Change {
    /// `tasks` or `executions`
    pub about: String,
    pub id: i64,
    pub old: String,
    pub new: String,
}

/// A job that the engine made.
#[derive(Debug, Clone)]
pub struct EngineJob {
    pub id: u64,
    pub instance: String,
    /// None: it carries no mark of ours.
    pub mark: Option<Mark>,
    pub manifest: String,
    /// As the manager shows it.
    pub state: String,
    /// Blobs that the engine says it has loaded.
    pub loaded: Vec<String>,
    /// Its row was deleted.
    pub gone: bool,
}

/// Whom a job is for: `forewarm execution=1 task=2 attempt=3`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mark {
    pub execution: i64,
    pub task: i64,
    pub attempt: i32,
}

impl Mark {
    pub fn read(text: &str) -> Option<Self> {
        let number = |name: &str| text.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        Some(Self {
            execution: number("execution")?.parse().ok()?,
            task: number("task")?.parse().ok()?,
            attempt: number("attempt")?.parse().ok()?,
        })
    }
}

impl Evidence {
    /// The engine's jobs for a task, in the order in which they were made.
    pub fn jobs_of(&self, task: &TaskRow) -> Vec<&EngineJob> {
        let is_its = |job: &&EngineJob| job.mark.is_some_and(|mark| mark.task == task.id);
        self.jobs.iter().filter(is_its).collect()
    }

    pub fn wanted_as(&self, task: &TaskRow) -> Option<&Wanted> {
        self.wanted.iter().find(|wanted| wanted.is(task))
    }

    /// Whether the engine really ended a job well: it says so, and has every blob.
    pub fn is_done(&self, job: &EngineJob, wanted: &Wanted) -> bool {
        job.state == "SUCCESS" && wanted.blobs.iter().all(|blob| job.loaded.contains(blob))
    }
}

impl Wanted {
    pub fn is(&self, task: &TaskRow) -> bool {
        (self.execution, &self.instance, &self.repository, &self.digest)
            == (task.execution_id, &task.instance, &task.repository, &task.digest)
    }
}

impl TaskRow {
    pub fn is_final(&self) -> bool {
        is_final(&self.status)
    }
}

pub fn is_final(status: &str) -> bool {
    matches!(status, "success" | "error" | "stopped")
}
