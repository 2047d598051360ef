//! Is what we say of a task what the engine did?

use super::evidence::{Evidence, Mark, TaskRow};

pub fn complaints(evidence: &Evidence, all_succeed: bool) -> Vec<String> {
    let mut complaints = lost_and_invented(evidence);
    complaints.extend(evidence.tasks.iter().filter_map(|task| {
        let what = judge(evidence, task, all_succeed)?;
        Some(format!("task {} ({}@{}): {what}", task.id, task.repository, task.digest))
    }));
    complaints
}

/// Tasks are what was wanted: all of it, once, and nothing else.
fn lost_and_invented(evidence: &Evidence) -> Vec<String> {
    let mut complaints = Vec::new();
    for wanted in &evidence.wanted {
        let times = evidence.tasks.iter().filter(|task| wanted.is(task)).count();
        if times != 1 {
            complaints.push(format!(
                "execution {}: {}@{} on '{}' has {times} tasks, not one",
                wanted.execution, wanted.repository, wanted.digest, wanted.instance
            ));
        }
    }
    for task in evidence.tasks.iter().filter(|task| evidence.wanted_as(task).is_none()) {
        complaints.push(format!("task {}: nobody wanted {}@{}", task.id, task.repository, task.digest));
    }
    complaints
}

fn judge(evidence: &Evidence, task: &TaskRow, all_succeed: bool) -> Option<String> {
    match task.status.as_str() {
        "success" => false_success(evidence, task),
        "error" if all_succeed => {
            Some(format!("error, although nothing that was broken excuses it: {}", task.message))
        }
        "error" => false_error(evidence, task),
        "stopped" => Some("stopped, although nobody stopped it".to_owned()),
        status => Some(format!("still {status}: {}", task.message)),
    }
}

/// A success needs a job that ended well with every blob: of its last attempt, unless it was warm before.
fn false_success(evidence: &Evidence, task: &TaskRow) -> Option<String> {
    let wanted = evidence.wanted_as(task)?;
    let is_its = |mark: Mark| task.already_warm || (mark.task, mark.attempt) == (task.id, task.attempt);
    let manifest = format!("/v2/{}/manifests/{}", task.repository, task.digest);
    let mut jobs = evidence.jobs.iter().filter(|job| {
        job.instance == task.instance && job.manifest.ends_with(&manifest) && job.mark.is_some_and(is_its)
    });
    if jobs.clone().any(|job| evidence.is_done(job, wanted)) {
        return None;
    }
    Some(match jobs.next_back() {
        None => format!("success, but the engine has no job of its attempt {}", task.attempt),
        Some(job) => format!(
            "success, but the engine's job {} is {} with {} of {} blobs",
            job.id,
            job.state,
            job.loaded.len(),
            wanted.blobs.len()
        ),
    })
}

/// An error needs an engine that failed it: a job of the last attempt that did not end well, or a request that made none.
fn false_error(evidence: &Evidence, task: &TaskRow) -> Option<String> {
    let wanted = evidence.wanted_as(task)?;
    let is_last = |mark: &Mark| (mark.task, mark.attempt) == (task.id, task.attempt);
    let jobs = evidence.jobs_of(task);
    let last: Vec<_> = jobs.iter().filter(|job| job.mark.as_ref().is_some_and(is_last)).collect();
    if let Some(done) = last.iter().find(|job| !job.gone && evidence.is_done(job, wanted))
        && !task.overdue
    {
        return Some(format!("error, but the engine's job {} ended well: {}", done.id, task.message));
    }
    let refused = evidence.posts.iter().filter(|mark| is_last(mark)).count() > last.len();
    if last.is_empty() && !refused {
        return Some(format!(
            "error, although the engine was never asked in attempt {}: {}",
            task.attempt, task.message
        ));
    }
    None
}
