//! How a preheat is done: the options of policies and of ad-hoc preheats.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::platform::Platform;
use crate::scope::Scope;
use crate::{Invalid, Secret};

/// How long an engine may take for one task when nothing else is said, in seconds (Dragonfly's own default).
pub const DEFAULT_TIMEOUT_SECONDS: u32 = 3600;

/// Everything that a user can ask for. The ranges are those of the Dragonfly manager (2.3.1 and later); what a vendor
/// cannot honour is refused: each lists in the provider crate what it can.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct PreheatOptions {
    pub scope: Option<Scope>,
    /// How many peers, 1 to 200.
    pub count: Option<u32>,
    /// Which share of the peers, 1 to 100.
    pub percentage: Option<u32>,
    /// Exactly these peers, 100 at most.
    pub ips: Vec<IpAddr>,
    /// Scheduler clusters; empty = every cluster that has an active scheduler.
    pub scheduler_cluster_ids: Vec<i64>,
    /// Platforms of an index; empty = every real platform.
    pub platforms: Vec<Platform>,
    /// Bytes, 4 MiB to 64 MiB in whole MiB.
    pub piece_length: Option<u64>,
    pub tag: Option<String>,
    pub application: Option<String>,
    pub filtered_query_params: Vec<String>,
    /// 1 to 100.
    pub concurrent_task_count: Option<u32>,
    /// 1 to 1000.
    pub concurrent_peer_count: Option<u32>,
    /// Seconds, 1 to 3720 (the manager stops watching after 62 minutes).
    pub timeout_seconds: Option<u32>,
}

/// How the engine is let in at the origin, besides the access that Forewarm gets by itself from the registry.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OriginAccess {
    pub headers: BTreeMap<String, Secret>,
    pub username: Option<String>,
    pub password: Option<Secret>,
}

/// What is preheated: an image has manifests and layers, a file is a URL.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Image,
    File,
}

impl Kind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::File => "file",
        }
    }
}

const MIB: u64 = 1024 * 1024;

impl PreheatOptions {
    pub fn timeout_seconds(&self) -> u32 {
        self.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT_SECONDS)
    }

    /// Names of the options that are set, in the order of the fields.
    pub fn set(&self) -> Vec<&'static str> {
        [
            ("scope", self.scope.is_some()),
            ("count", self.count.is_some()),
            ("percentage", self.percentage.is_some()),
            ("ips", !self.ips.is_empty()),
            ("scheduler_cluster_ids", !self.scheduler_cluster_ids.is_empty()),
            ("platforms", !self.platforms.is_empty()),
            ("piece_length", self.piece_length.is_some()),
            ("tag", self.tag.is_some()),
            ("application", self.application.is_some()),
            ("filtered_query_params", !self.filtered_query_params.is_empty()),
            ("concurrent_task_count", self.concurrent_task_count.is_some()),
            ("concurrent_peer_count", self.concurrent_peer_count.is_some()),
            ("timeout_seconds", self.timeout_seconds.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect()
    }

    /// Checks ranges and combinations. All complaints at once, so that a user mends them in one go.
    pub fn check(&self, kind: Kind) -> Result<(), Vec<Invalid>> {
        let mut found = Vec::new();
        range(&mut found, "count", self.count, 1, 200);
        range(&mut found, "percentage", self.percentage, 1, 100);
        range(&mut found, "concurrent_task_count", self.concurrent_task_count, 1, 100);
        range(&mut found, "concurrent_peer_count", self.concurrent_peer_count, 1, 1000);
        range(&mut found, "timeout_seconds", self.timeout_seconds, 1, 3720);
        self.check_peers(&mut found);
        self.check_texts(&mut found);
        if let Some(length) = self.piece_length
            && (!(4 * MIB..=64 * MIB).contains(&length) || length % MIB != 0)
        {
            found.push(Invalid::new("piece_length", "must be 4194304 to 67108864 bytes in whole MiB"));
        }
        if kind == Kind::File && !self.platforms.is_empty() {
            found.push(Invalid::new("platforms", "has no meaning for files"));
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }

    /// What is allowed but known to break cache hits later: Dragonfly's proxies compute their cache key without these.
    pub fn warnings(&self, kind: Kind) -> Vec<String> {
        let risky = [
            ("tag", self.tag.is_some()),
            ("application", self.application.is_some()),
            ("piece_length", self.piece_length.is_some()),
        ];
        risky
            .into_iter()
            .filter(|(_, is_set)| *is_set && kind == Kind::Image)
            .map(|(name, _)| {
                format!(
                    "options.{name} is part of the engine's cache key: nodes hit the preheated image only if their \
                     proxy sends the same {name}, which it does not by default"
                )
            })
            .collect()
    }

    fn check_peers(&self, found: &mut Vec<Invalid>) {
        let chosen: Vec<&str> = [
            ("ips", !self.ips.is_empty()),
            ("count", self.count.is_some()),
            ("percentage", self.percentage.is_some()),
        ]
        .into_iter()
        .filter_map(|(name, is_set)| is_set.then_some(name))
        .collect();
        if self.scope.unwrap_or_default() == Scope::SingleSeedPeer {
            for name in chosen {
                found.push(Invalid::new(name, "needs scope all_seed_peers or all_peers"));
            }
        } else if !self.ips.is_empty() && chosen.len() > 1 {
            found.push(Invalid::new("ips", "excludes count and percentage"));
        } else if chosen.len() > 1 {
            found.push(Invalid::new("count", "excludes percentage"));
        }
        if self.ips.len() > 100 {
            found.push(Invalid::new("ips", "must have at most 100 addresses"));
        }
        if self.scheduler_cluster_ids.len() > 100 {
            found.push(Invalid::new("scheduler_cluster_ids", "must have at most 100 entries"));
        }
        if self.scheduler_cluster_ids.iter().any(|id| *id < 1) {
            found.push(Invalid::new("scheduler_cluster_ids", "must be numbers from 1"));
        }
    }

    fn check_texts(&self, found: &mut Vec<Invalid>) {
        for (name, text) in [("tag", &self.tag), ("application", &self.application)] {
            if text.as_ref().is_some_and(|text| text.is_empty() || text.len() > 400) {
                found.push(Invalid::new(name, "must have 1 to 400 characters"));
            }
        }
        let bad_param = |param: &String| param.is_empty() || param.len() > 400 || param.contains('&');
        if self.filtered_query_params.iter().any(bad_param) {
            found.push(Invalid::new(
                "filtered_query_params",
                "must be names of query parameters, one an entry",
            ));
        }
        if self.filtered_query_params.len() > 100 {
            found.push(Invalid::new("filtered_query_params", "must have at most 100 entries"));
        }
        if self.platforms.len() > 50 {
            found.push(Invalid::new("platforms", "must have at most 50 entries"));
        }
    }
}

impl OriginAccess {
    pub fn is_empty(&self) -> bool {
        self.headers.is_empty() && self.username.is_none() && self.password.is_none()
    }

    /// Why it cannot be used: one of its secrets is stored, and this process cannot open it.
    pub fn locked(&self) -> Option<&str> {
        let mut secrets = self.headers.values().chain(&self.password);
        secrets.find_map(Secret::lock).map(|locked| locked.reason.as_str())
    }

    pub fn check(&self) -> Result<(), Vec<Invalid>> {
        let mut found = Vec::new();
        for (name, value) in &self.headers {
            let name_ok = !name.is_empty()
                && name.len() <= 100
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b));
            let value_ok = value.expose().len() <= 8192
                && value.expose().chars().all(|c| c == '\t' || (' '..='~').contains(&c));
            if !name_ok || !value_ok {
                let shown: String = name.chars().take(100).collect();
                found.push(Invalid::new(
                    "headers",
                    format!("'{shown}' is not a legal header name, or its value not a legal value"),
                ));
            }
        }
        if self.username.is_some() != self.password.is_some() {
            found.push(Invalid::new("username", "username and password go together"));
        }
        if self.username.as_ref().is_some_and(|name| name.contains(':')) {
            // Basic authentication ends the name at the first colon (RFC 7617).
            found.push(Invalid::new("username", "must not contain ':'"));
        }
        if found.is_empty() { Ok(()) } else { Err(found) }
    }
}

fn range(found: &mut Vec<Invalid>, name: &str, value: Option<u32>, low: u32, high: u32) {
    if value.is_some_and(|value| !(low..=high).contains(&value)) {
        found.push(Invalid::new(name, format!("must be {low} to {high}")));
    }
}
