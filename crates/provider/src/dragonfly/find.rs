//! Looks for a job of ours whose number was lost with the manager's answer.

use chrono::{DateTime, TimeDelta, Utc};
use forewarm_domain::task_log::TaskLog;

use super::client::Client;
use super::job::Job;
use crate::{Preheat, ProviderError};

/// Rows of a page. Each divides the one before, so that a search goes on where a page was too large.
const PAGE_SIZES: [u32; 3] = [50, 5, 1];
/// The list has no search; a job that was just made is near its start.
const MAX_ROWS: u32 = 2000;
const MAX_REQUESTS: u32 = 200;
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
    let (mut sizes, mut seen) = (PAGE_SIZES.as_slice(), 0);
    for _ in 0..MAX_REQUESTS {
        let [size, smaller @ ..] = sizes else { break };
        let Some(jobs) = client.jobs(seen / size + 1, *size).await? else {
            sizes = smaller;
            continue;
        };
        seen += size;
        let is_last = jobs.len() < *size as usize || jobs.last().is_some_and(|job| is_older(job, oldest));
        if let Some(job) = jobs.into_iter().find(is_ours) {
            log.info(format!("job {} at the manager is ours: adopted, not asked again", job.id));
            return Ok(Some(job));
        }
        if is_last {
            log.info("no job of ours at the manager");
            return Ok(None);
        }
        if seen >= MAX_ROWS {
            break;
        }
    }
    log.warning(format!("no job of ours among the manager's newest {seen}"));
    Ok(None)
}

fn is_older(job: &Job, limit: DateTime<Utc>) -> bool {
    job.created_at.is_some_and(|created_at| created_at < limit)
}
