//! Brings rows up to the present: a row learns of its queue at the refresh instants, and at no other time.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::job::Job;
use super::snapshot::Snapshot;
use crate::clock::delta;

/// Does every refresh that was due up to `now`.
pub(crate) fn refresh(job: &mut Job, schedule: &[Duration], now: DateTime<Utc>) {
    while let Some(done) = job.refreshes.filter(|_| !job.deleted) {
        let Some(wait) = schedule.get(done) else {
            return give_up(job);
        };
        let instant = job.created_at + delta(*wait);
        // The first one follows the creation, by however little.
        let due = instant < now || (instant == now && done > 0);
        if !due {
            return;
        }
        copy(job, instant);
        if done + 1 == schedule.len() && job.refreshes.is_some() {
            return give_up(job);
        }
        job.refreshes = job.refreshes.map(|done| done + 1);
    }
}

fn copy(job: &mut Job, instant: DateTime<Utc>) {
    let snapshot = Snapshot::take(&job.queue, instant);
    job.state = snapshot.state;
    job.updated_at = instant;
    job.snapshot = Some(snapshot);
    if job.state != "PENDING" {
        job.refreshes = None;
    }
}

/// The manager stops watching: the row says FAILURE and its result stays as it was.
fn give_up(job: &mut Job) {
    job.state = "FAILURE";
    job.refreshes = None;
}
