//! Looks for a job of ours whose number was lost with the manager's answer.

use chrono::{DateTime, TimeDelta, Utc};
use forewarm_domain::task_log::TaskLog;

use super::client::Client;
use super::job::Job;
use crate::{Preheat, ProviderError};

const PER_PAGE: u32 = 50;
/// The list has no search; a job that was just made is near its start.
const MAX_PAGES: u32 = 40;
/// How far the manager's clock may be behind ours.
const SKEW: TimeDelta = TimeDelta::hours(1);

/// The newest job with the mark of this attempt.
pub(super) async fn find(
    client: &Client,
    preheat: &Preheat,
    log: &TaskLog,
) -> Result<Option<Job>, ProviderError> {
    let oldest = preheat.submitted_at.unwrap_or(preheat.now) - SKEW;
    let mark = preheat.mark();
    let is_ours = |job: &Job| job.id > 0 && job.bio == mark && !is_older(job, oldest);
    for page in 1..=MAX_PAGES {
        let jobs = client.jobs(page, PER_PAGE).await?;
        let more = jobs.len() >= PER_PAGE as usize && !jobs.last().is_some_and(|job| is_older(job, oldest));
        let found = jobs.into_iter().find(is_ours);
        if let Some(job) = found {
            log.info(format!(
                "job {} at the manager is ours: adopted, not asked again",
                job.id
            ));
            return Ok(Some(job));
        }
        if !more {
            log.info("no job of ours at the manager");
            return Ok(None);
        }
    }
    log.warning(format!(
        "no job of ours among the manager's newest {}",
        MAX_PAGES * PER_PAGE
    ));
    Ok(None)
}

fn is_older(job: &Job, limit: DateTime<Utc>) -> bool {
    job.created_at.is_some_and(|created_at| created_at < limit)
}
