//! Looks at registries that send no events, or lose some: what has changed since the last look becomes events.
//!
//! The first look at a namespace only notes what is there. So does the first that needs labels or signatures.

mod changes;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use forewarm_domain::digest::Digest;
use forewarm_domain::event::EventKind;
use forewarm_domain::policy_index::within;
use forewarm_registry::glance::{Needs, glance};
use forewarm_registry::{Registry, RegistryError};
use forewarm_store::StoreError;
use forewarm_store::events::Listener;
use forewarm_store::watches::{Known, Watch};
use futures::FutureExt;
use futures::stream::{self, StreamExt};

use crate::context::Context;
use crate::keeper::{Kept, keep};
use crate::running::Lane;

/// How often somebody asks whether a look is due; a look is late by this much at most.
pub(crate) const INTERVAL: Duration = Duration::from_secs(1);
/// Repositories looked at side by side; the registry's client bounds the requests.
const REPOSITORIES_AT_ONCE: usize = 4;

/// Why a look did not come to its end.
#[derive(Debug, thiserror::Error)]
enum WatchError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the lease was lost")]
    Lost,
}

/// Begins every look that is due, as far as there is room for it. Any number of processes do this at one time.
pub(crate) async fn round(context: &Context) {
    if let Err(error) = context.store.watches().forget_unwatched().await {
        tracing::warn!(%error, "watches could not be read; trying again in a second");
        return;
    }
    while let Some(place) = context.running.place(Lane::Watch).await {
        match context.store.watches().begin(context.settings.lease).await {
            Ok(Some(watch)) => context.running.spawn(place, look(context.clone(), watch)),
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "due watches could not be looked for; trying again in a second");
                return;
            }
        }
    }
}

async fn look(context: Context, watch: Watch) {
    let (registry_id, lease) = (watch.lease.registry_id, context.settings.lease);
    let renew = {
        let (store, held) = (context.store.clone(), watch.lease);
        move || {
            let store = store.clone();
            async move { store.watches().renew(held, lease).await }.boxed()
        }
    };
    match keep(look_at_all(&context, &watch), renew, lease, context.running.over()).await {
        Kept::Done(Ok(())) => return,
        Kept::Done(Err(error)) => {
            tracing::warn!(registry_id, %error, "a watched registry could not be looked at; trying again at its next time");
        }
        Kept::Lost => return,
        Kept::Over => {}
        Kept::Panicked(text) => {
            tracing::error!(registry_id, panic = text, "a look at a registry panicked");
        }
    }
    if let Err(error) = context.store.watches().give_up(watch.lease).await {
        tracing::warn!(registry_id, %error, "the end of a look was not recorded; its lease runs out by itself");
    }
}

/// What policies that are enabled need to know.
struct Scope {
    namespaces: BTreeSet<String>,
    needs: Needs,
}

impl Scope {
    fn of(listeners: &[Listener]) -> Self {
        let mut scope = Self { namespaces: BTreeSet::new(), needs: Needs::default() };
        for listener in listeners.iter().filter(|listener| listener.enabled) {
            scope.namespaces.insert(listener.namespace.clone());
            scope.needs.labels |= listener.kinds.contains(&EventKind::LabelAdded);
            scope.needs.signatures |= listener.kinds.contains(&EventKind::Signed);
        }
        scope
    }
}

async fn look_at_all(context: &Context, watch: &Watch) -> Result<(), WatchError> {
    let registry_id = watch.lease.registry_id;
    let listening = context.listeners.of_registry(registry_id).await?;
    let scope = Scope::of(&listening.policies);
    let Some(registry) = context.connections.registry(registry_id).await? else { return Ok(()) };
    let client = registry.client.as_ref();
    let repositories = repositories(client, &scope.namespaces).await?;
    let scope = &scope;
    let looks = repositories
        .iter()
        .cloned()
        .map(|repository| async move { look_at(context, client, watch, scope, &repository).await });
    let mut looks = stream::iter(looks).buffer_unordered(REPOSITORIES_AT_ONCE);
    while let Some(looked) = looks.next().await {
        looked?;
    }
    drop(looks);
    let namespaces: Vec<String> = scope.namespaces.iter().cloned().collect();
    match context.store.watches().end(watch, &namespaces, &repositories).await? {
        true => Ok(()),
        false => Err(WatchError::Lost),
    }
}

/// Each once, although one namespace may lie within another.
async fn repositories(
    client: &dyn Registry,
    namespaces: &BTreeSet<String>,
) -> Result<Vec<String>, RegistryError> {
    let is_covered =
        |inner: &String| namespaces.iter().any(|outer| within(inner, outer).is_some_and(|_| inner != outer));
    let mut repositories = BTreeSet::new();
    for namespace in namespaces.iter().filter(|namespace| !is_covered(namespace)) {
        repositories.extend(client.repositories(namespace).await?);
    }
    Ok(repositories.into_iter().collect())
}

async fn look_at(
    context: &Context,
    client: &dyn Registry,
    watch: &Watch,
    scope: &Scope,
    repository: &str,
) -> Result<(), WatchError> {
    let (watches, registry_id) = (context.store.watches(), watch.lease.registry_id);
    let known = watches.known(registry_id, repository).await?;
    let seen = match glance(client, repository, scope.needs, &labels(&known)).await {
        Ok(seen) => seen,
        // One repository that cannot be read is no reason to see nothing of the others.
        Err(error) if !error.is_transient() => {
            tracing::warn!(registry_id, repository, %error, "a watched repository could not be looked at");
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    let since = watch.looked_at.filter(|_| is_known(watch, repository));
    let told = match since {
        Some(since) => watches.told(registry_id, repository, since).await?,
        None => vec![],
    };
    let found = changes::between(&known, &seen);
    if found.changed.is_empty() && found.gone.is_empty() {
        return Ok(());
    }
    // Nothing is new where nobody has looked before.
    let notices = match since {
        Some(_) => found.notices(repository, &told, &watch.lease.token.to_string()),
        None => vec![],
    };
    match watches.note(watch.lease, repository, &found.changed, &found.gone, notices).await? {
        true => Ok(()),
        false => Err(WatchError::Lost),
    }
}

fn is_known(watch: &Watch, repository: &str) -> bool {
    watch.namespaces.iter().any(|namespace| within(repository, namespace).is_some())
}

/// Labels by digest, as far as they are known.
fn labels(known: &HashMap<String, Known>) -> HashMap<Digest, Vec<String>> {
    let labels = |known: &Known| Some((Digest::parse(&known.digest).ok()?, known.labels.clone()?));
    known.values().filter_map(labels).collect()
}
