//! Which peers of a cluster a preheat goes to.

use super::args::Args;
use super::cluster::Cluster;

/// The three scopes. A word that the manager does not know means the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scope {
    SingleSeedPeer,
    AllSeedPeers,
    AllPeers,
}

impl Scope {
    pub(crate) fn of(args: &Args) -> Self {
        match args.scope.as_str() {
            "all_seed_peers" => Self::AllSeedPeers,
            "all_peers" => Self::AllPeers,
            _ => Self::SingleSeedPeer,
        }
    }
}

/// Positions in the cluster's list of peers; the error is the text of the failed queue task.
pub(crate) fn peers(cluster: &Cluster, scheduler: &str, args: &Args) -> Result<Vec<usize>, String> {
    let scope = Scope::of(args);
    let seeds = scope != Scope::AllPeers;
    let peers = cluster.peers.iter().enumerate().filter(|(_, peer)| peer.is_seed() == seeds);
    let all: Vec<usize> = peers.map(|(index, _)| index).collect();
    let place = format!("cluster {} scheduler {scheduler}", cluster.id);
    if all.is_empty() {
        return Err(match scope {
            Scope::SingleSeedPeer => format!("{place} no available seed peer"),
            Scope::AllSeedPeers => format!("{place} has no available seed peer"),
            Scope::AllPeers => format!("[preheat]: {place} has no available peer"),
        });
    }
    match scope {
        Scope::SingleSeedPeer => Ok(all),
        Scope::AllSeedPeers | Scope::AllPeers => narrowed(cluster, &all, args),
    }
}

/// `ips`, else `count`, else `percentage`, else all.
fn narrowed(cluster: &Cluster, all: &[usize], args: &Args) -> Result<Vec<usize>, String> {
    if let Some(ips) = &args.ips {
        let named = all.iter().copied().filter(|&index| ips.contains(&cluster.peers[index].ip));
        let found: Vec<usize> = named.collect();
        let kind = if Scope::of(args) == Scope::AllSeedPeers { "seed peer" } else { "peer" };
        let missing = || format!("no {kind} found for ips [{}]", ips.join(" "));
        return if found.is_empty() { Err(missing()) } else { Ok(found) };
    }
    let limit = match (args.count, args.percentage) {
        (Some(count), _) => usize::try_from(count).unwrap_or(usize::MAX),
        // Rounded down, but at least one.
        (None, Some(percentage)) => (all.len() * usize::try_from(percentage).unwrap_or(100) / 100).max(1),
        (None, None) => all.len(),
    };
    Ok(all.iter().copied().take(limit).collect())
}
