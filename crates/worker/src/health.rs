//! Looks in the background at every enabled instance and every registry.

use std::time::{Duration, Instant};

use forewarm_domain::health::Health;
use forewarm_store::StoreError;
use forewarm_store::health::Watched;
use futures::{StreamExt, stream};

use crate::context::Context;

/// How often somebody asks what is due; an edit is looked at after this time at most.
pub(crate) const INTERVAL: Duration = Duration::from_secs(2);
/// Instances looked at by this process at one time, and registries.
const AT_ONCE: i64 = 16;
/// What does not answer in this time is not healthy.
const PATIENCE: Duration = Duration::from_secs(10);

/// One round: everything that is due now and that no other process has taken.
pub(crate) async fn look(context: &Context) {
    let interval = context.settings.health_interval;
    while !interval.is_zero() {
        match context.store.health().take_due(AT_ONCE, interval).await {
            Ok(due) if due.is_empty() => return,
            Ok(due) => stream::iter(due).for_each_concurrent(None, |one| look_at(context, one)).await,
            Err(error) => {
                tracing::warn!(%error, "the health of instances and registries cannot be looked after now");
                return;
            }
        }
    }
}

async fn look_at(context: &Context, watched: Watched) {
    let looked = match watched {
        Watched::Instance(id) => look_at_instance(context, id).await,
        Watched::Registry(id) => look_at_registry(context, id).await,
    };
    if let Err(error) = looked {
        tracing::warn!(?watched, %error, "a health was not recorded; looking again at its next time");
    }
}

async fn look_at_instance(context: &Context, id: i64) -> Result<(), StoreError> {
    // Deleted meanwhile, or of a vendor that only a newer version knows.
    let Some(found) = context.connections.current_instance(id).await? else { return Ok(()) };
    let ping = async { found.provider.ping().await.map_err(|error| error.to_string()) };
    let health = find(context, ping).await;
    context.store.health().record(Watched::Instance(id), found.instance.updated_at, &health).await
}

async fn look_at_registry(context: &Context, id: i64) -> Result<(), StoreError> {
    let Some(found) = context.connections.current_registry(id).await? else { return Ok(()) };
    let ping = async { found.client.ping().await.map_err(|error| error.to_string()) };
    let health = find(context, ping).await;
    context.store.health().record(Watched::Registry(id), found.registry.updated_at, &health).await
}

async fn find(context: &Context, ping: impl Future<Output = Result<String, String>>) -> Health {
    let start = Instant::now();
    let answer = tokio::time::timeout(PATIENCE, ping).await;
    let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())));
    Health::found(answer, start.elapsed(), context.store.clock().local())
}
