//! Projects: their settings and what their lists of exempt CVEs say.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde_json::{Value, json};

use super::scan::ranked;

/// One project. Settings are strings, as Harbor keeps them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Project {
    pub(crate) id: i64,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) allowlist: Allowlist,
}

/// CVEs that do not count.
#[derive(Debug, Clone, Default)]
pub(crate) struct Allowlist {
    pub(crate) items: Vec<String>,
    /// Unix seconds; `None`: for ever.
    pub(crate) expires_at: Option<i64>,
}

impl Allowlist {
    pub(crate) fn exempts(&self, id: &str, now: DateTime<Utc>) -> bool {
        let expired = self.expires_at.is_some_and(|end| now.timestamp() >= end);
        !expired && self.items.iter().any(|item| item == id)
    }

    pub(crate) fn view(&self, project: i64) -> Value {
        let items: Vec<Value> = self.items.iter().map(|id| json!({"cve_id": id})).collect();
        let mut view = json!({
            "id": project + 1, "project_id": project, "items": items,
            "creation_time": "0001-01-01T00:00:00.000Z", "update_time": "0001-01-01T00:00:00.000Z",
        });
        if let Some(end) = self.expires_at {
            view["expires_at"] = json!(end);
        }
        view
    }
}

impl Project {
    pub(crate) fn is_public(&self) -> bool {
        self.is_on("public")
    }

    /// Harbor's own reading of a setting: `true` in any case, or `1`.
    pub(crate) fn is_on(&self, key: &str) -> bool {
        self.metadata.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
    }

    /// A project that says nothing uses the system's list (`ReuseSysCVEAllowlist` of Harbor 2.16).
    pub(crate) fn uses_system_allowlist(&self) -> bool {
        !self.metadata.contains_key("reuse_sys_cve_allowlist") || self.is_on("reuse_sys_cve_allowlist")
    }

    pub(crate) fn view(&self, name: &str, repositories: usize) -> Value {
        let mut metadata = self.metadata.clone();
        if let Some(severity) = metadata.get_mut("severity") {
            *severity = ranked(severity).to_lowercase();
        }
        json!({
            "project_id": self.id, "name": name, "owner_id": 1, "owner_name": "admin", "repo_count": repositories,
            "metadata": metadata, "cve_allowlist": self.allowlist.view(self.id),
            "creation_time": "2026-08-21T08:00:00.000Z", "update_time": "2026-08-21T08:00:00.000Z",
        })
    }
}
