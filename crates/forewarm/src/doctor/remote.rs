//! Engines and registries: does each answer, with the credentials that are stored.

use std::time::Duration;

use forewarm_http::Outbound;
use forewarm_store::{Store, StoreError};
use futures::future::BoxFuture;
use futures::{FutureExt as _, StreamExt as _, stream};

use super::findings::{Findings, Level};

/// Asked at one time.
const AT_ONCE: usize = 8;
/// What does not answer in this time is not healthy.
const PATIENCE: Duration = Duration::from_secs(10);

/// What an answer says, or why there is none.
type Ping = BoxFuture<'static, Result<String, String>>;

pub async fn look(store: &Store, outbound: &Outbound, findings: &mut Findings) -> Result<(), StoreError> {
    let mut pings = instances(store, outbound).await?;
    pings.extend(registries(store, outbound).await?);
    // In order, whoever answers first.
    let mut answers =
        stream::iter(pings).map(|(check, name, ping)| async move { (check, name, patiently(ping).await) });
    let mut answers = answers.by_ref().buffered(AT_ONCE);
    while let Some((check, name, answer)) = answers.next().await {
        match answer {
            Ok(words) => findings.add(Level::Ok, check, format!("{name}: {words}")),
            Err(reason) => findings.add(Level::Problem, check, format!("{name}: {reason}")),
        }
    }
    Ok(())
}

async fn patiently(ping: Ping) -> Result<String, String> {
    let answer = tokio::time::timeout(PATIENCE, ping).await;
    answer.unwrap_or_else(|_| Err(format!("no answer within {} seconds", PATIENCE.as_secs())))
}

async fn instances(
    store: &Store,
    outbound: &Outbound,
) -> Result<Vec<(&'static str, String, Ping)>, StoreError> {
    let instances = store.instances().all().await?;
    Ok(instances
        .into_iter()
        .filter(|instance| instance.enabled)
        .map(|instance| {
            let ping = match forewarm_provider::vendor(&instance.vendor) {
                Some(vendor) => {
                    let engine = vendor.connect(&instance, outbound);
                    async move { engine.ping().await.map_err(|error| error.to_string()) }.boxed()
                }
                None => unknown(&instance.vendor),
            };
            ("instance", instance.name, ping)
        })
        .collect())
}

async fn registries(
    store: &Store,
    outbound: &Outbound,
) -> Result<Vec<(&'static str, String, Ping)>, StoreError> {
    let registries = store.registries().all().await?;
    Ok(registries
        .into_iter()
        .map(|registry| {
            let ping = match forewarm_registry::kind(&registry.kind) {
                Some(kind) => {
                    let client = kind.connect(&registry, outbound);
                    async move { client.ping().await.map_err(|error| error.to_string()) }.boxed()
                }
                None => unknown(&registry.kind),
            };
            ("registry", registry.name, ping)
        })
        .collect())
}

/// A newer version made it.
fn unknown(kind: &str) -> Ping {
    let reason = format!("is a {kind}, which this version does not know: update this program");
    async move { Err(reason) }.boxed()
}
