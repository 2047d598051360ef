//! What a refresh copies from the queue into the row, and how it is printed.

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;

use super::queue::{Ending, QueueTask};
use super::result::ClusterResult;

/// The state of a job's queue tasks at one moment.
#[derive(Debug, Clone)]
pub(crate) struct Snapshot {
    pub(crate) state: &'static str,
    taken_at: DateTime<Utc>,
    entries: Vec<Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    uuid: String,
    state: &'static str,
    created_at: DateTime<Utc>,
    error: String,
    results: Option<ClusterResult>,
}

impl Snapshot {
    pub(crate) fn take(queue: &[QueueTask], at: DateTime<Utc>) -> Self {
        let entries: Vec<Entry> = queue.iter().map(|task| Entry::of(task, at)).collect();
        let state = if entries.iter().any(|entry| entry.state == "FAILURE") {
            "FAILURE"
        } else if entries.iter().all(|entry| entry.state == "SUCCESS") {
            "SUCCESS"
        } else {
            "PENDING"
        };
        Self { state, taken_at: at, entries: shuffled(entries, at) }
    }

    pub(crate) fn shown<'a>(
        &'a self,
        group: &'a str,
        created_at: DateTime<Utc>,
        time: impl Fn(DateTime<Utc>) -> String,
    ) -> Shown<'a> {
        Shown {
            group_uuid: group,
            state: self.state,
            created_at: time(created_at),
            updated_at: time(self.taken_at),
            job_states: self.entries.iter().map(|entry| entry.shown(&time)).collect(),
        }
    }
}

/// How it is printed.
#[derive(Debug, Serialize)]
pub(crate) struct Shown<'a> {
    group_uuid: &'a str,
    state: &'static str,
    created_at: String,
    updated_at: String,
    job_states: Vec<ShownEntry<'a>>,
}

#[derive(Debug, Serialize)]
struct ShownEntry<'a> {
    task_uuid: &'a str,
    task_name: &'static str,
    state: &'static str,
    error: &'a str,
    created_at: String,
    ttl: u64,
    results: Option<[&'a ClusterResult; 1]>,
}

impl Shown<'_> {
    /// With `task_uuid` as `TaskUUID`, as old releases have it.
    pub(crate) fn camel(&self) -> Value {
        let mut value = serde_json::to_value(self).unwrap_or_default();
        for entry in value["job_states"].as_array_mut().into_iter().flatten() {
            *entry = spelled(entry.take());
        }
        spelled(value)
    }
}

impl Entry {
    fn of(task: &QueueTask, at: DateTime<Utc>) -> Self {
        let finished = task.is_finished(at);
        let (error, results) = match &task.ending {
            Ending::Success(result) if finished => (String::new(), Some(result.clone())),
            Ending::Failure(error) if finished => (error.clone(), None),
            _ => (String::new(), None),
        };
        Self { uuid: task.uuid.clone(), state: task.state(at), created_at: task.created_at, error, results }
    }

    fn shown(&self, time: impl Fn(DateTime<Utc>) -> String) -> ShownEntry<'_> {
        ShownEntry {
            task_uuid: &self.uuid,
            task_name: "preheat",
            state: self.state,
            error: &self.error,
            created_at: time(self.created_at),
            ttl: 0,
            results: self.results.as_ref().map(|result| [result]),
        }
    }
}

/// The order of the group is random in the real one; here it depends on the moment alone.
fn shuffled<T>(mut items: Vec<T>, at: DateTime<Utc>) -> Vec<T> {
    let mut state = at.timestamp_millis().unsigned_abs();
    for index in (1..items.len()).rev() {
        let other = crate::bytes::next(&mut state) % (index as u64 + 1);
        items.swap(index, usize::try_from(other).unwrap_or(index));
    }
    items
}

fn spelled(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            Value::Object(fields.into_iter().map(|(key, value)| (camel(&key), value)).collect())
        }
        value => value,
    }
}

fn camel(key: &str) -> String {
    let word = |word: &str| match word {
        "uuid" | "ttl" => word.to_uppercase(),
        _ => word[..1].to_uppercase() + &word[1..],
    };
    key.split('_').map(word).collect()
}
