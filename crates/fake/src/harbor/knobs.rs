//! How a fake Harbor is set up.

use std::time::Duration;

use crate::clock::Clock;

#[derive(Debug, Clone)]
pub struct Knobs {
    pub clock: Clock,
    /// How long a registry token is good for (Harbor's `token_expiration`, 30 minutes by default).
    pub token_ttl: Duration,
    /// Whether `GET /projects/{project}/artifacts` exists; older versions do not have it.
    pub project_artifacts: bool,
    /// Whether `with_inherited_accessory` is understood; older versions ignore it.
    pub inherited_accessories: bool,
    /// Whether pulls that break the project's rules are answered 412, as Harbor does.
    pub pull_rules: bool,
    /// The scanner writes reports of the old type (version 1.0) only.
    pub old_reports: bool,
}

impl Default for Knobs {
    fn default() -> Self {
        Self {
            clock: Clock::default(),
            token_ttl: Duration::from_secs(30 * 60),
            project_artifacts: false,
            inherited_accessories: true,
            pull_rules: true,
            old_reports: false,
        }
    }
}
