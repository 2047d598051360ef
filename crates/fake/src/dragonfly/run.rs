//! Plays a queue task in advance: how long the peers will take, and what the scheduler will report.

use std::time::Duration;

use super::args::Args;
use super::cluster::Cluster;
use super::peer::Peer;
use super::queue::Ending;
use super::resolve::Work;
use super::result::{ClusterResult, TaskResult};
use super::select::{self, Scope};
use crate::bytes::seed_of;
use crate::sha256_digest;

/// How a queue task ends, counted from its start.
#[derive(Debug, Clone)]
pub(crate) struct Played {
    pub(crate) takes: Duration,
    pub(crate) ending: Ending,
}

/// What the scheduler was asked.
pub(crate) struct Order<'a> {
    pub(crate) args: &'a Args,
    pub(crate) urls: &'a [String],
    pub(crate) work: &'a Work,
    pub(crate) group: &'a str,
    pub(crate) task: &'a str,
    /// Up to 2.3.0 a failed download of a single seed peer failed its queue task.
    pub(crate) strict: bool,
}

/// A scheduler finds out within this time that it has nobody to ask.
const TIME_TO_REFUSE: Duration = Duration::from_millis(100);

pub(crate) fn play(cluster: &mut Cluster, scheduler: &str, order: &Order<'_>) -> Played {
    let chosen = match select::peers(cluster, scheduler, order.args) {
        Ok(chosen) => chosen,
        Err(error) => {
            return Played { takes: TIME_TO_REFUSE, ending: Ending::Failure(error) };
        }
    };
    let single = Scope::of(order.args) == Scope::SingleSeedPeer;
    let mut attempts = Vec::new();
    let mut elapsed = Duration::ZERO;
    let width = usize::try_from(order.args.concurrent_task_count).unwrap_or(1).max(1);
    for urls in order.urls.chunks(width) {
        let mut longest = Duration::ZERO;
        for url in urls {
            let peers = if single { vec![seed_for(url, &chosen)] } else { chosen.clone() };
            for index in peers {
                let attempt = attempt(&mut cluster.peers[index], url, order, elapsed);
                longest = longest.max(attempt.takes);
                attempts.push(attempt);
            }
        }
        elapsed += longest;
    }
    let ending =
        if single { single_ending(cluster.id, attempts, order) } else { ending(cluster.id, attempts, order) };
    Played { takes: elapsed, ending }
}

/// One URL on one peer, tried.
struct Attempt {
    takes: Duration,
    failed: bool,
    result: TaskResult,
}

fn attempt(peer: &mut Peer, url: &str, order: &Order<'_>, elapsed: Duration) -> Attempt {
    let left = timeout(order.args).saturating_sub(elapsed);
    let refused = order.work.refused.iter().find(|(refused, _)| refused == url);
    let download = match refused {
        Some((_, words)) => Some((TIME_TO_REFUSE, Err(words.clone()))),
        None => peer.download(url),
    };
    let in_time = download.filter(|(takes, _)| *takes <= left);
    let timed_out = in_time.is_none();
    let (takes, outcome) = in_time.unwrap_or((left, Ok(())));
    let cause = match outcome {
        _ if timed_out => Some("code = DeadlineExceeded desc = context deadline exceeded".to_owned()),
        Ok(()) => None,
        Err(words) => Some(format!("code = Internal desc = {words}")),
    };
    let id = || sha256_digest(url.as_bytes()).split_off("sha256:".len());
    let describe = |cause: &String| format!("task {} failed: rpc error: {cause}", id());
    Attempt {
        takes,
        failed: cause.is_some(),
        result: TaskResult {
            url: url.to_owned(),
            hostname: peer.hostname.clone(),
            ip: peer.ip.clone(),
            description: cause.as_ref().map(describe).unwrap_or_default(),
        },
    }
}

/// Success whatever happened, and the failures vanish.
fn single_ending(cluster: u64, attempts: Vec<Attempt>, order: &Order<'_>) -> Ending {
    if order.strict
        && let Some(failed) = attempts.iter().find(|attempt| attempt.failed)
    {
        return Ending::Failure(failed.result.description.clone());
    }
    let fine: Vec<TaskResult> = worked(attempts);
    let successes = (!fine.is_empty()).then_some(fine);
    Ending::Success(ClusterResult { cluster, successes, failures: None })
}

/// A peer with one failure loses all its successes; success if any remains.
fn ending(cluster: u64, attempts: Vec<Attempt>, order: &Order<'_>) -> Ending {
    let failures: Vec<TaskResult> =
        attempts.iter().filter(|attempt| attempt.failed).map(|attempt| attempt.result.clone()).collect();
    let mut successes = worked(attempts);
    successes.retain(|success| failures.iter().all(|failure| failure.ip != success.ip));
    match failures.first() {
        Some(first) if successes.is_empty() => Ending::Failure(format!(
            "all peers preheat failed: {} {} {} {} {}",
            order.group, order.task, first.ip, first.hostname, first.description
        )),
        _ => Ending::Success(ClusterResult { cluster, successes: Some(successes), failures: Some(failures) }),
    }
}

fn worked(attempts: Vec<Attempt>) -> Vec<TaskResult> {
    attempts.into_iter().filter(|attempt| !attempt.failed).map(|attempt| attempt.result).collect()
}

/// The seed that a URL always lands on.
fn seed_for(url: &str, seeds: &[usize]) -> usize {
    let number = usize::try_from(seed_of(url) % seeds.len() as u64).unwrap_or_default();
    seeds[number]
}

fn timeout(args: &Args) -> Duration {
    Duration::from_nanos(u64::try_from(args.timeout).unwrap_or_default())
}
