//! Clients of engines and registries, kept between jobs so that tokens and connections are used again.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use forewarm_domain::execution::Spec;
use forewarm_domain::instance::Instance;
use forewarm_domain::options::OriginAccess;
use forewarm_http::Outbound;
use forewarm_provider::Provider;
use forewarm_registry::Registry;
use forewarm_store::{Store, StoreError};

/// How long an edit of an instance or a registry may go unnoticed by tasks under way.
const FRESH: Duration = Duration::from_secs(2);
/// The most specs kept; they never change, so this only bounds memory.
const MAX_SPECS: usize = 1_000;

/// What an execution asks for.
pub(crate) struct Plan {
    pub spec: Spec,
    pub origin: OriginAccess,
}

pub(crate) struct ConnectedInstance {
    pub instance: Instance,
    pub provider: Arc<dyn Provider>,
    /// For how long a proof can be relied on.
    pub fresh_for: Duration,
}

pub(crate) struct ConnectedRegistry {
    pub registry: forewarm_domain::registry::Registry,
    pub client: Arc<dyn Registry>,
}

pub(crate) struct Connections {
    store: Store,
    outbound: Outbound,
    instances: Mutex<HashMap<i64, Kept<ConnectedInstance>>>,
    registries: Mutex<HashMap<i64, Kept<ConnectedRegistry>>>,
    plans: Mutex<HashMap<i64, Arc<Plan>>>,
}

struct Kept<T> {
    value: Arc<T>,
    looked_at: Instant,
}

impl Connections {
    pub fn new(store: Store, outbound: Outbound) -> Self {
        Self {
            store,
            outbound,
            instances: Mutex::default(),
            registries: Mutex::default(),
            plans: Mutex::default(),
        }
    }

    /// What an engine that was used lately is called.
    pub fn name(&self, id: i64) -> Option<String> {
        lock(&self.instances).get(&id).map(|kept| kept.value.instance.name.clone())
    }

    /// The engine with this id; None when it was deleted or its vendor is unknown to this version.
    pub async fn instance(&self, id: i64) -> Result<Option<Arc<ConnectedInstance>>, StoreError> {
        if let Some(kept) = fresh(&self.instances, id) {
            return Ok(Some(kept));
        }
        self.current_instance(id).await
    }

    /// The same, as it is in the database at this moment.
    pub async fn current_instance(&self, id: i64) -> Result<Option<Arc<ConnectedInstance>>, StoreError> {
        let Some(instance) = self.store.instances().by_id(id).await? else {
            return Ok(None);
        };
        let Some(vendor) = forewarm_provider::vendor(&instance.vendor) else {
            return Ok(None);
        };
        Ok(Some(keep(
            &self.instances,
            id,
            |old| old.instance.updated_at == instance.updated_at,
            || ConnectedInstance {
                provider: vendor.connect(&instance, &self.outbound),
                fresh_for: vendor.freshness_of(&instance.settings),
                instance: instance.clone(),
            },
        )))
    }

    /// The registry with this id; None when it was deleted or its kind is unknown to this version.
    pub async fn registry(&self, id: i64) -> Result<Option<Arc<ConnectedRegistry>>, StoreError> {
        if let Some(kept) = fresh(&self.registries, id) {
            return Ok(Some(kept));
        }
        self.current_registry(id).await
    }

    /// The same, as it is in the database at this moment.
    pub async fn current_registry(&self, id: i64) -> Result<Option<Arc<ConnectedRegistry>>, StoreError> {
        let Some(registry) = self.store.registries().by_id(id).await? else {
            return Ok(None);
        };
        let Some(kind) = forewarm_registry::kind(&registry.kind) else {
            return Ok(None);
        };
        Ok(Some(keep(
            &self.registries,
            id,
            |old| old.registry.updated_at == registry.updated_at,
            || ConnectedRegistry {
                client: kind.connect(&registry, &self.outbound),
                registry: registry.clone(),
            },
        )))
    }

    /// What an execution asks for; None when it was deleted.
    pub async fn plan(&self, execution_id: i64) -> Result<Option<Arc<Plan>>, StoreError> {
        if let Some(plan) = lock(&self.plans).get(&execution_id) {
            return Ok(Some(plan.clone()));
        }
        let Some((spec, origin)) = self.store.executions().plan(execution_id).await? else {
            return Ok(None);
        };
        let plan = Arc::new(Plan { spec, origin });
        let mut plans = lock(&self.plans);
        if plans.len() >= MAX_SPECS {
            plans.clear();
        }
        plans.insert(execution_id, plan.clone());
        Ok(Some(plan))
    }
}

/// None = the caller must look; meanwhile hundreds of others go on with what is there, for another while.
fn fresh<T>(kept: &Mutex<HashMap<i64, Kept<T>>>, id: i64) -> Option<Arc<T>> {
    let mut kept = lock(kept);
    let kept = kept.get_mut(&id)?;
    if kept.looked_at.elapsed() < FRESH {
        return Some(kept.value.clone());
    }
    kept.looked_at = Instant::now();
    None
}

/// Keeps what `connect` makes, or what is there already when `same` says that nothing was edited.
fn keep<T>(
    kept: &Mutex<HashMap<i64, Kept<T>>>,
    id: i64,
    same: impl Fn(&T) -> bool,
    connect: impl FnOnce() -> T,
) -> Arc<T> {
    let mut kept = lock(kept);
    let value = match kept.get(&id) {
        Some(old) if same(&old.value) => old.value.clone(),
        _ => Arc::new(connect()),
    };
    kept.insert(id, Kept { value: value.clone(), looked_at: Instant::now() });
    value
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
