//! Was the engine asked for the same twice, and why?

use std::collections::BTreeMap;

use super::evidence::{EngineJob, Evidence, Mark, TaskRow};

/// How often the engine was asked, and how every repetition is explained.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Repeats {
    pub requests: usize,
    pub jobs: usize,
    /// Requests that made no job: refused, or dropped before they were processed.
    pub turned_away: usize,
    /// Jobs that followed one of an earlier attempt that the engine failed.
    pub after_failure: usize,
    /// Jobs that followed one whose row the engine had lost.
    pub after_loss: usize,
}

pub fn count(evidence: &Evidence) -> (Repeats, Vec<String>) {
    let mut repeats =
        Repeats { requests: evidence.posts.len(), jobs: evidence.jobs.len(), ..Repeats::default() };
    let mut complaints = strangers(evidence);
    repeats.turned_away = repeats.requests.saturating_sub(repeats.jobs);
    complaints.extend(made_of_nothing(evidence));
    for task in &evidence.tasks {
        for pair in evidence.jobs_of(task).windows(2) {
            match explain(evidence, task, pair[0], pair[1]) {
                Ok(Why::Failure) => repeats.after_failure += 1,
                Ok(Why::Loss) => repeats.after_loss += 1,
                Err(complaint) => complaints.push(complaint),
            }
        }
    }
    (repeats, complaints)
}

enum Why {
    Failure,
    Loss,
}

fn explain(
    evidence: &Evidence,
    task: &TaskRow,
    first: &EngineJob,
    second: &EngineJob,
) -> Result<Why, String> {
    let attempt = |job: &EngineJob| job.mark.map_or(0, |mark| mark.attempt);
    if first.gone {
        return Ok(Why::Loss);
    }
    if attempt(first) >= attempt(second) {
        return Err(format!(
            "task {} ({}@{}): submitted twice in attempt {}: jobs {} and {}",
            task.id,
            task.repository,
            task.digest,
            attempt(second),
            first.id,
            second.id
        ));
    }
    match evidence.wanted_as(task) {
        Some(wanted) if evidence.is_done(first, wanted) => Err(format!(
            "task {} ({}@{}): submitted again as job {} although job {} had ended well",
            task.id, task.repository, task.digest, second.id, first.id
        )),
        _ => Ok(Why::Failure),
    }
}

/// Jobs that no row knows of.
fn strangers(evidence: &Evidence) -> Vec<String> {
    let is_known =
        |mark: Mark| evidence.tasks.iter().any(|task| task.id == mark.task && mark.attempt <= task.attempt);
    let strangers = evidence.jobs.iter().filter(|job| !job.mark.is_some_and(is_known));
    strangers
        .map(|job| format!("job {} of '{}' belongs to no task: {:?}", job.id, job.instance, job.mark))
        .collect()
}

/// More jobs than requests for them would be the fake's own mistake.
fn made_of_nothing(evidence: &Evidence) -> Vec<String> {
    let mut balance: BTreeMap<Mark, i64> = BTreeMap::new();
    evidence.posts.iter().for_each(|mark| *balance.entry(*mark).or_default() += 1);
    evidence.jobs.iter().filter_map(|job| job.mark).for_each(|mark| *balance.entry(mark).or_default() -= 1);
    let short = balance.into_iter().filter(|(_, left)| *left < 0);
    short.map(|(mark, _)| format!("the engine has more jobs than requests for {mark:?}")).collect()
}
