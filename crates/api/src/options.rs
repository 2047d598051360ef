//! Preheat options, as users write and read them.

use std::net::IpAddr;

use forewarm_domain::Invalid;
use forewarm_domain::options::PreheatOptions;
use forewarm_domain::platform::Platform;
use forewarm_domain::scope::Scope;
use poem_openapi::{Enum, Object};

/// Which peers of an engine get the artifact.
#[derive(Enum, Debug, Clone, Copy)]
#[oai(rename = "Scope", rename_all = "snake_case")]
pub enum ScopeWord {
    SingleSeedPeer,
    AllSeedPeers,
    AllPeers,
}

/// How a preheat is done. An option that a chosen vendor cannot honour is refused, never ignored; `GET /vendors` tells
/// which vendor honours which.
#[derive(Object, Debug, Default)]
#[oai(rename = "PreheatOptions", skip_serializing_if_is_none)]
pub struct OptionsObject {
    /// Left out: a single seed peer.
    scope: Option<ScopeWord>,
    /// How many peers; needs scope all_seed_peers or all_peers, excludes percentage and ips.
    #[oai(validator(minimum(value = "1"), maximum(value = "200")))]
    count: Option<i64>,
    /// Which share of the peers in percent; needs scope all_seed_peers or all_peers, excludes count and ips.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    percentage: Option<i64>,
    /// Exactly these peers by address; needs scope all_seed_peers or all_peers, excludes count and percentage.
    #[oai(validator(max_items = 100))]
    ips: Option<Vec<String>>,
    /// Scheduler clusters of Dragonfly; left out: every cluster with an active scheduler.
    #[oai(validator(max_items = 100))]
    scheduler_cluster_ids: Option<Vec<i64>>,
    /// Platforms of an index, like linux/arm64; left out: every real platform.
    #[oai(validator(max_items = 50))]
    platforms: Option<Vec<String>>,
    /// Bytes in whole MiB. Part of the engine's cache key.
    #[oai(validator(minimum(value = "4194304"), maximum(value = "67108864")))]
    piece_length: Option<i64>,
    /// Part of the engine's cache key.
    #[oai(validator(max_length = 400))]
    tag: Option<String>,
    /// Part of the engine's cache key.
    #[oai(validator(max_length = 400))]
    application: Option<String>,
    /// Names of query parameters that the cache key leaves out.
    #[oai(validator(max_items = 100))]
    filtered_query_params: Option<Vec<String>>,
    /// How many layers at one time.
    #[oai(validator(minimum(value = "1"), maximum(value = "100")))]
    concurrent_task_count: Option<i64>,
    /// How many peers at one time.
    #[oai(validator(minimum(value = "1"), maximum(value = "1000")))]
    concurrent_peer_count: Option<i64>,
    /// How long an engine may take for one task; left out: an hour.
    #[oai(validator(minimum(value = "1"), maximum(value = "3720")))]
    timeout_seconds: Option<i64>,
}

impl OptionsObject {
    /// The options that are meant; complaints name fields without the leading `options.`.
    pub fn resolve(&self) -> Result<PreheatOptions, Vec<Invalid>> {
        let mut found = Vec::new();
        let options = PreheatOptions {
            scope: self.scope.map(Scope::from),
            count: self.count.map(small),
            percentage: self.percentage.map(small),
            ips: each(&mut found, "ips", self.ips.as_deref(), |text| {
                text.parse::<IpAddr>().map_err(|_| "is not an IP address".to_owned())
            }),
            scheduler_cluster_ids: self.scheduler_cluster_ids.clone().unwrap_or_default(),
            platforms: each(&mut found, "platforms", self.platforms.as_deref(), |text| {
                text.parse::<Platform>().map_err(|invalid| invalid.reason)
            }),
            piece_length: self.piece_length.map(i64::unsigned_abs),
            tag: self.tag.clone(),
            application: self.application.clone(),
            filtered_query_params: self.filtered_query_params.clone().unwrap_or_default(),
            concurrent_task_count: self.concurrent_task_count.map(small),
            concurrent_peer_count: self.concurrent_peer_count.map(small),
            timeout_seconds: self.timeout_seconds.map(small),
        };
        if found.is_empty() { Ok(options) } else { Err(found) }
    }
}

impl From<&PreheatOptions> for OptionsObject {
    fn from(options: &PreheatOptions) -> Self {
        let texts = |list: Vec<String>| (!list.is_empty()).then_some(list);
        let ids = &options.scheduler_cluster_ids;
        Self {
            scope: options.scope.map(ScopeWord::from),
            count: options.count.map(i64::from),
            percentage: options.percentage.map(i64::from),
            ips: texts(options.ips.iter().map(ToString::to_string).collect()),
            scheduler_cluster_ids: (!ids.is_empty()).then(|| ids.clone()),
            platforms: texts(options.platforms.iter().map(ToString::to_string).collect()),
            piece_length: options.piece_length.and_then(|length| i64::try_from(length).ok()),
            tag: options.tag.clone(),
            application: options.application.clone(),
            filtered_query_params: texts(options.filtered_query_params.clone()),
            concurrent_task_count: options.concurrent_task_count.map(i64::from),
            concurrent_peer_count: options.concurrent_peer_count.map(i64::from),
            timeout_seconds: options.timeout_seconds.map(i64::from),
        }
    }
}

impl From<ScopeWord> for Scope {
    fn from(word: ScopeWord) -> Self {
        match word {
            ScopeWord::SingleSeedPeer => Self::SingleSeedPeer,
            ScopeWord::AllSeedPeers => Self::AllSeedPeers,
            ScopeWord::AllPeers => Self::AllPeers,
        }
    }
}

impl From<Scope> for ScopeWord {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::SingleSeedPeer => Self::SingleSeedPeer,
            Scope::AllSeedPeers => Self::AllSeedPeers,
            Scope::AllPeers => Self::AllPeers,
        }
    }
}

/// The schema's ranges have been checked, so nothing is ever cut off here.
fn small(number: i64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

fn each<T>(
    found: &mut Vec<Invalid>,
    field: &str,
    texts: Option<&[String]>,
    parse: impl Fn(&str) -> Result<T, String>,
) -> Vec<T> {
    let mut parsed = Vec::new();
    for (i, text) in texts.unwrap_or_default().iter().enumerate() {
        match parse(text) {
            Ok(value) => parsed.push(value),
            Err(reason) => found.push(Invalid::new(format!("{field}[{i}]"), reason)),
        }
    }
    parsed
}
