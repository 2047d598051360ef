//! The policies that wait for events, kept between events with the index of their patterns.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use forewarm_domain::event::EventKind;
use forewarm_domain::policy_index::{Indexed, PolicyIndex, within};
use forewarm_store::events::Listener;
use forewarm_store::{Store, StoreError};

/// By registry. Everything is read again as soon as one of the policies or its project changed.
pub(crate) struct Listeners {
    store: Store,
    kept: Mutex<HashMap<i64, Arc<Listening>>>,
}

/// The policies that wait for events of one registry.
pub(crate) struct Listening {
    version: String,
    pub policies: Vec<Listener>,
    pub index: PolicyIndex,
}

impl Listeners {
    pub fn new(store: Store) -> Self {
        Self { store, kept: Mutex::default() }
    }

    pub async fn of_registry(&self, registry_id: i64) -> Result<Arc<Listening>, StoreError> {
        let version = self.store.events().version_of_listeners(registry_id).await?;
        if let Some(kept) = self.kept(registry_id).filter(|kept| kept.version == version) {
            return Ok(kept);
        }
        let policies = self.store.events().listeners(registry_id).await?;
        let corrupt = |reason| StoreError::Corrupt {
            table: "policies of registry",
            id: registry_id,
            column: "filters",
            reason,
        };
        let listening = Arc::new(compile(version, policies).await.map_err(corrupt)?);
        self.lock().insert(registry_id, listening.clone());
        Ok(listening)
    }

    fn kept(&self, registry_id: i64) -> Option<Arc<Listening>> {
        self.lock().get(&registry_id).cloned()
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<i64, Arc<Listening>>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Listening {
    /// The policies whose namespace holds the repository and which wait for one of these kinds.
    pub fn concerned<'a>(
        &'a self,
        repository: &'a str,
        kinds: &'a [EventKind],
    ) -> impl Iterator<Item = &'a Listener> {
        self.policies.iter().filter(move |listener| {
            within(repository, &listener.namespace).is_some()
                && listener.kinds.iter().any(|kind| kinds.contains(kind))
        })
    }
}

/// Off the threads that serve everybody: ten thousand patterns take half a second.
async fn compile(version: String, policies: Vec<Listener>) -> Result<Listening, String> {
    let work = move || {
        let indexed = policies.iter().map(|listener| Indexed {
            id: listener.policy_id,
            namespace: &listener.namespace,
            filters: &listener.filters,
        });
        let index = PolicyIndex::build(indexed).map_err(|error| error.to_string())?;
        Ok(Listening { version, policies, index })
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| error.to_string())?
}
