//! The lines of a task's log that tell what each blob and each peer came to.

use std::collections::BTreeMap;

use forewarm_domain::task_log::TaskLog;

use super::result::Tally;
use crate::text::{clip, plural, some_of, without_values};

/// The most lines of each kind.
const MAX_LINES: usize = 50;
/// The most peers named in the line of a blob.
const MAX_PEERS: usize = 3;

pub(super) fn write(tally: &Tally, log: &TaskLog) {
    blobs(tally, log);
    peers(tally, log);
    failures(tally, log);
    for error in tally.errors.iter().take(MAX_LINES) {
        log.error(format!("queue task failed: {error}"));
    }
    for state in tally.open.iter().take(MAX_LINES) {
        log.warning(format!(
            "queue task of a scheduler cluster had not ended ({state}): its outcome is unknown"
        ));
    }
}

fn blobs(tally: &Tally, log: &TaskLog) {
    for (cluster, confirmed) in &tally.clusters {
        for key in tally.expected.iter().take(MAX_LINES) {
            let shown = clip(&without_values(key), 512);
            match confirmed.get(key) {
                Some(peers) => {
                    let names: Vec<String> = peers.iter().cloned().collect();
                    log.info(format!(
                        "cluster {cluster}: {shown} confirmed by {}: {}",
                        plural(names.len(), "peer"),
                        some_of(&names, MAX_PEERS)
                    ));
                }
                None => log.warning(format!("cluster {cluster}: {shown} confirmed by no peer")),
            }
        }
        more(tally.expected.len(), "blobs", log);
    }
}

fn peers(tally: &Tally, log: &TaskLog) {
    for (cluster, confirmed) in &tally.clusters {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for peer in confirmed.values().flatten() {
            *counts.entry(peer).or_default() += 1;
        }
        for (peer, count) in counts.iter().take(MAX_LINES) {
            log.info(format!("cluster {cluster}: peer {peer}: {count} confirmed"));
        }
        more(counts.len(), "peers", log);
    }
}

fn failures(tally: &Tally, log: &TaskLog) {
    for failure in tally.failures.iter().take(MAX_LINES) {
        log.warning(format!("peer {} could not get {}: {}", failure.peer, failure.url, failure.description));
    }
    more(tally.failure_count, "failures", log);
}

fn more(count: usize, noun: &str, log: &TaskLog) {
    if let Some(rest) = count.checked_sub(MAX_LINES).filter(|rest| *rest > 0) {
        log.info(format!("… and {rest} more {noun}"));
    }
}
