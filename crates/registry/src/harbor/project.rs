//! A project's rules: what may be pulled, and which CVEs do not count.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use forewarm_domain::criteria::Criteria;
use forewarm_domain::severity::Severity;
use serde::Deserialize;
use tokio::sync::Mutex;

use super::Harbor;
use super::api::Call;
use crate::RegistryError;

/// How long what is known of a project is taken for granted.
const KEPT: Duration = Duration::from_secs(60);

/// What was read of projects lately. Whoever reads holds the lock, so that many at once read one time.
#[derive(Default)]
pub(super) struct Projects(Mutex<HashMap<String, (SystemTime, Arc<Project>)>>);

/// A project with the list of CVEs that do not count in it.
#[derive(Debug)]
pub(super) struct Project {
    criteria: Criteria,
    allowlist: Option<Arc<Allowlist>>,
}

/// CVEs that do not count, at least one, and until when.
#[derive(Debug)]
pub(super) struct Allowlist {
    names: HashSet<String>,
    expires_at: Option<i64>,
}

/// As the API has it. Settings are words: `"true"`, `"high"`.
#[derive(Debug, Deserialize)]
struct View {
    #[serde(default)]
    metadata: Option<BTreeMap<String, Option<String>>>,
    #[serde(default)]
    cve_allowlist: Option<List>,
}

#[derive(Debug, Default, Deserialize)]
struct List {
    items: Option<Vec<Item>>,
    /// Unix seconds; none: for ever.
    expires_at: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Item {
    cve_id: String,
}

impl Harbor {
    /// What the project of the namespace demands of pulls. An empty namespace spans projects with different demands,
    /// so that there is no one answer.
    pub(super) async fn demands(&self, namespace: &str) -> Result<Option<Criteria>, RegistryError> {
        match namespace.split('/').next() {
            None | Some("") => Ok(None),
            Some(project) => Ok(Some(self.project(project).await?.criteria)),
        }
    }

    /// The CVEs that do not count in the repository's project; None while all do.
    pub(super) async fn allowlist(&self, repository: &str) -> Result<Option<Arc<Allowlist>>, RegistryError> {
        let project = self.project(repository.split('/').next().unwrap_or_default()).await?;
        let now = self.session.clock().now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let holds = |list: &&Arc<Allowlist>| {
            list.expires_at.is_none_or(|end| u64::try_from(end).is_ok_and(|end| now < end))
        };
        Ok(project.allowlist.as_ref().filter(holds).cloned())
    }

    async fn project(&self, name: &str) -> Result<Arc<Project>, RegistryError> {
        let mut known = self.projects.0.lock().await;
        let now = self.session.clock().now();
        let young = |read: &SystemTime| now.duration_since(*read).is_ok_and(|age| age < KEPT);
        if let Some((_, project)) = known.get(name).filter(|(read, _)| young(read)) {
            return Ok(Arc::clone(project));
        }
        let project = Arc::new(self.read_project(name).await?);
        known.retain(|_, (read, _)| young(read));
        known.insert(name.to_owned(), (now, Arc::clone(&project)));
        Ok(project)
    }

    async fn read_project(&self, name: &str) -> Result<Project, RegistryError> {
        let call = Call::new(&["projects", name], format!("project {name}"), "project: read");
        let view: View = self.get(&call).await?;
        let own = view.cve_allowlist.unwrap_or_default();
        let settings: BTreeMap<String, String> =
            view.metadata.into_iter().flatten().filter_map(|(key, value)| Some((key, value?))).collect();
        let list = if uses_system(&settings) { self.system_list().await? } else { own };
        Ok(Project { criteria: criteria(&settings), allowlist: Allowlist::of(list).map(Arc::new) })
    }

    /// The list of the whole system. Strangers may not see it: to them every CVE counts.
    async fn system_list(&self) -> Result<List, RegistryError> {
        let call = Call::new(&["system", "CVEAllowlist"], "the system's CVE allowlist", "to sign in");
        match self.get(&call).await {
            Err(RegistryError::Denied(_)) => Ok(List::default()),
            answer => answer,
        }
    }
}

impl Allowlist {
    fn of(list: List) -> Option<Self> {
        let names: HashSet<String> = list.items.into_iter().flatten().map(|item| item.cve_id).collect();
        (!names.is_empty()).then_some(Self { names, expires_at: list.expires_at })
    }

    pub(super) fn names(&self, id: &str) -> bool {
        self.names.contains(id)
    }
}

/// What Harbor refuses to let be pulled (412). Its own preheat looks at notation alone, and in vain; both count here.
fn criteria(settings: &BTreeMap<String, String>) -> Criteria {
    let bar = settings.get("severity").filter(|_| is_on(settings, "prevent_vul"));
    Criteria {
        signed_only: is_on(settings, "enable_content_trust")
            || is_on(settings, "enable_content_trust_cosign"),
        max_severity: bar.and_then(|word| severity(word)),
    }
}

/// The API writes `unknown` for a setting that is empty or makes no sense; neither is a bar.
fn severity(word: &str) -> Option<Severity> {
    if word.eq_ignore_ascii_case("unknown") { None } else { word.parse().ok() }
}

/// A project that says nothing uses the system's list (`ReuseSysCVEAllowlist` of Harbor 2.16).
fn uses_system(settings: &BTreeMap<String, String>) -> bool {
    const KEY: &str = "reuse_sys_cve_allowlist";
    !settings.contains_key(KEY) || is_on(settings, KEY)
}

fn is_on(settings: &BTreeMap<String, String>, key: &str) -> bool {
    settings.get(key).is_some_and(|value| value.eq_ignore_ascii_case("true") || value == "1")
}
