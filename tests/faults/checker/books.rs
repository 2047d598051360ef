//! Do the books agree: counts, logs, changes of status, tickets and leases?

use std::collections::BTreeMap;

use serde_json::Value;

use super::evidence::{Evidence, ExecutionRow, TaskRow, is_final};

type Counts<'a> = BTreeMap<&'a str, i64>;

pub fn complaints(evidence: &Evidence) -> Vec<String> {
    let mut complaints: Vec<String> =
        evidence.executions.iter().flat_map(|execution| of_execution(evidence, execution)).collect();
    complaints.extend(evidence.tasks.iter().flat_map(of_task));
    complaints.extend(turned_back(evidence));
    complaints.extend(evidence.leftovers.iter().map(|job| format!("a ticket is left over: {job}")));
    complaints
}

/// What the API says of an execution: its status and its counts.
pub fn told(evidence: &Evidence, id: i64, answer: &Value) -> Vec<String> {
    let rows = counts(evidence, id);
    let mut complaints = Vec::new();
    if counts_in(&answer["counts"]) != rows {
        complaints
            .push(format!("execution {id}: the API counts {}, the rows are {rows:?}", answer["counts"]));
    }
    let status = evidence.executions.iter().find(|row| row.id == id).map(|row| row.status.as_str());
    if answer["status"].as_str() != status {
        complaints.push(format!("execution {id}: the API says {}, the row {status:?}", answer["status"]));
    }
    complaints
}

fn of_execution(evidence: &Evidence, execution: &ExecutionRow) -> Vec<String> {
    let rows = counts(evidence, execution.id);
    let is = |status: &str| rows.get(status).is_some_and(|count| *count > 0);
    let due = if is("error") {
        "error"
    } else if is("stopped") {
        "stopped"
    } else {
        "success"
    };
    let mut faults = Vec::new();
    if execution.status != due {
        faults.push(format!("is {}, its tasks are {rows:?} ({})", execution.status, execution.message));
    }
    match &execution.final_counts {
        Some(counts) if counts_in(counts) == rows => {}
        counts => faults.push(format!("was counted as {counts:?}, its tasks are {rows:?}")),
    }
    if execution.leased {
        faults.push("has a lease although it is over".to_owned());
    }
    if !execution.ended {
        faults.push("has no end".to_owned());
    }
    faults.into_iter().map(|fault| format!("execution {}: {fault}", execution.id)).collect()
}

fn of_task(task: &TaskRow) -> Vec<String> {
    let mut faults = Vec::new();
    if task.leased {
        faults.push("has a lease although it is over".to_owned());
    }
    if task.is_final() && !task.ended {
        faults.push(format!("is {} and has no end", task.status));
    }
    if task.lines == 0 || (task.first_line, task.last_line) != (1, task.lines) {
        faults.push(format!(
            "its log has {} lines, numbered {} to {}",
            task.lines, task.first_line, task.last_line
        ));
    }
    let says_so = match task.status.as_str() {
        "success" => task.already_warm || task.last_words.starts_with("success"),
        "error" => task.last_level == "error",
        _ => true,
    };
    if !says_so {
        faults.push(format!("is {}, but the last line of its log is: {}", task.status, task.last_words));
    }
    faults.into_iter().map(|fault| format!("task {}: {fault}", task.id)).collect()
}

/// Statuses that changed after they were final, and rows that went away.
fn turned_back(evidence: &Evidence) -> Vec<String> {
    let bad = evidence.changes.iter().filter(|change| is_final(&change.old) || change.new == "deleted");
    bad.map(|change| format!("{} {}: went from {} to {}", change.about, change.id, change.old, change.new))
        .collect()
}

/// Tasks by status, by counting rows.
fn counts(evidence: &Evidence, execution: i64) -> Counts<'_> {
    let mut counts = Counts::new();
    for task in evidence.tasks.iter().filter(|task| task.execution_id == execution) {
        *counts.entry(task.status.as_str()).or_default() += 1;
    }
    counts
}

/// Counts as an object holds them, without those that are 0 and their sum.
fn counts_in(value: &Value) -> Counts<'_> {
    let fields = value.as_object().into_iter().flatten();
    let counts = fields.filter_map(|(status, count)| Some((status.as_str(), count.as_i64()?)));
    counts.filter(|(status, count)| *count != 0 && *status != "total").collect()
}
