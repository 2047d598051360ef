//! Which peers of an engine get an artifact.

use serde::{Deserialize, Serialize};

/// Dragonfly's words (2.1.66 and later). The manager takes an unknown word silently for `single_seed_peer`, so the
/// words are checked here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    #[default]
    SingleSeedPeer,
    AllSeedPeers,
    AllPeers,
}

impl Scope {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SingleSeedPeer => "single_seed_peer",
            Self::AllSeedPeers => "all_seed_peers",
            Self::AllPeers => "all_peers",
        }
    }
}
