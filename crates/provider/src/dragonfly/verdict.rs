//! What a job's row means for the task. `SUCCESS` alone proves nothing: since 2.3.1 the scope `single_seed_peer`
//! reports it even when not one blob was loaded.

use std::time::Duration;

use forewarm_domain::task::{Proof, Report};
use forewarm_domain::task_log::TaskLog;

use super::job::Job;
use super::result::Tally;
use super::{expected, schedule, table};
use crate::text::{Blotter, clip, plural, some_of};
use crate::{Outcome, Preheat, Progress};

/// A replica of the manager may not know a new job yet (its cache lives 30 s).
const GRACE: Duration = Duration::from_secs(60);
/// The manager removes rows of this age.
const ROW_LIFETIME: Duration = Duration::from_secs(6 * 3600);
/// Texts of schedulers that found nobody to preheat.
const NOBODY: [&str; 4] =
    ["no available seed peer", "has no available", "no peer found", "no seed peer found"];
/// The most names in a message.
const NAMED: usize = 3;

pub(super) struct Judge<'a> {
    pub(super) preheat: &'a Preheat,
    pub(super) elapsed: Duration,
    pub(super) blotter: &'a Blotter,
}

impl Judge<'_> {
    /// Turns the row (None = the manager has none) into progress, and writes down what it says.
    pub(super) fn progress(&self, id: u64, job: Option<&Job>, log: &TaskLog) -> Progress {
        let (outcome, report) = match job {
            None => (self.gone(id), self.tally(&Job::default()).report()),
            Some(job) => {
                let tally = self.tally(job);
                let outcome = self.judge(job, &tally);
                log.info(format!("answered: job {id} is {}", clip(&job.state, 32)));
                if !matches!(outcome, Outcome::Running { .. }) {
                    table::write(&tally, log);
                }
                (outcome, tally.report())
            }
        };
        write_end(&outcome, log);
        Progress { engine_job: Some(id.to_string()), outcome, report }
    }

    fn tally(&self, job: &Job) -> Tally {
        Tally::of(self.preheat, &job.result, self.blotter)
    }

    fn judge(&self, job: &Job, tally: &Tally) -> Outcome {
        if job.is("SUCCESS") {
            self.reported_success(tally)
        } else if job.is("FAILURE") {
            reported_failure(job, tally)
        } else {
            self.unfinished(job)
        }
    }

    fn reported_success(&self, tally: &Tally) -> Outcome {
        let noun = expected::noun(self.preheat);
        let missing = tally.missing();
        let all = tally.expected.len();
        let count = format!("{} of {} confirmed", all - missing.len(), plural(all, noun));
        if !missing.is_empty() {
            return retry(format!(
                "Dragonfly reported success, but only {count}; missing: {}{}",
                some_of(&missing, NAMED),
                first_failure(tally)
            ));
        }
        if tally.silent > 0 && !tally.clusters.is_empty() {
            return retry(format!(
                "Dragonfly reported success, and {count}, but a scheduler cluster does not say what it loaded"
            ));
        }
        let proof = if all == 0 { Proof::Reported } else { Proof::BlobsPresent };
        let peers = plural(tally.peers().len(), "peer");
        let message = format!("{count} on {peers}{}{}", first_failure(tally), self.absent_clusters(tally));
        Outcome::Success { proof, message }
    }

    fn unfinished(&self, job: &Job) -> Outcome {
        match schedule::next(self.elapsed, rand::random()) {
            Some(check_in) => {
                Outcome::Running { check_in, message: format!("Dragonfly works on job {}", job.id) }
            }
            None => retry(format!(
                "the manager did not finish job {} within {} minutes (a restarted manager forgets its jobs); what \
                 became of it is unknown. Run it again: what is there already takes no time",
                job.id,
                schedule::GIVE_UP.as_secs() / 60
            )),
        }
    }

    fn gone(&self, id: u64) -> Outcome {
        if self.elapsed < GRACE {
            let check_in = schedule::next(self.elapsed, rand::random()).unwrap_or(GRACE);
            let message = format!("the manager does not know job {id} yet");
            return Outcome::Running { check_in, message };
        }
        if self.elapsed >= ROW_LIFETIME {
            return retry(format!(
                "job {id} expired upstream: the manager keeps its jobs for 6 hours; what became of it is unknown"
            ));
        }
        Outcome::Failed {
            message: format!(
                "job {id} was removed or expired upstream: the manager does not know it any more; its peers may go on"
            ),
            retry: false,
        }
    }

    /// Clusters without a capable scheduler are skipped by the manager without a word.
    fn absent_clusters(&self, tally: &Tally) -> String {
        let absent: Vec<String> = self
            .preheat
            .options
            .scheduler_cluster_ids
            .iter()
            .filter(|id| !u64::try_from(**id).is_ok_and(|id| tally.clusters.contains_key(&id)))
            .map(ToString::to_string)
            .collect();
        if absent.is_empty() {
            return String::new();
        }
        format!("; warning: nothing was heard of cluster {}", some_of(&absent, NAMED))
    }
}

fn reported_failure(job: &Job, tally: &Tally) -> Outcome {
    if tally.errors.is_empty() && !job.result.state.eq_ignore_ascii_case("FAILURE") {
        return retry(format!(
            "the manager stopped watching job {} after about 62 minutes; its peers may go on, the outcome is unknown",
            job.id
        ));
    }
    let mut message = if tally.errors.is_empty() {
        "Dragonfly reports a failure and gives no reason".to_owned()
    } else {
        tally.errors.join("; ")
    };
    if !tally.open.is_empty() {
        let others = plural(tally.open.len(), "other queue task");
        message.push_str(&format!("; {others} had not ended, the outcome there is unknown"));
    }
    let nobody = |error: &String| NOBODY.iter().any(|text| error.contains(text));
    Outcome::Failed { message: clip(&message, 4 * 1024), retry: !tally.errors.iter().any(nobody) }
}

fn first_failure(tally: &Tally) -> String {
    let Some(failure) = tally.failures.first() else {
        return String::new();
    };
    format!(
        "; warning: {} at peers, for example {}: {}",
        plural(tally.failure_count, "failure"),
        failure.peer,
        clip(&failure.description, 256)
    )
}

fn retry(message: String) -> Outcome {
    Outcome::Failed { message, retry: true }
}

fn write_end(outcome: &Outcome, log: &TaskLog) {
    match outcome {
        Outcome::Running { .. } => {}
        Outcome::Success { message, .. } => log.info(format!("done: {message}")),
        Outcome::Failed { message, .. } => log.error(format!("failed: {message}")),
    }
}

/// A report of nothing yet.
pub(super) fn nothing_yet(preheat: &Preheat) -> Report {
    Report {
        expected: u32::try_from(expected::keys(preheat).len()).unwrap_or(u32::MAX),
        bytes: expected::bytes(preheat),
        ..Report::default()
    }
}
