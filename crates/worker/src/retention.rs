//! Deletes executions, changes of health and entries of the audit log that are old.

use std::time::Duration;

use tokio::time::{Instant, Interval, interval_at};

use crate::context::Context;

/// Not while everything starts, and processes may come and go.
const FIRST: Duration = Duration::from_secs(5 * 60);
const INTERVAL: Duration = Duration::from_secs(60 * 60);

pub(crate) fn times() -> Interval {
    interval_at(Instant::now() + FIRST, INTERVAL)
}

/// One round. Of any number of processes one does it.
pub(crate) async fn prune(context: &Context) {
    let keep = context.settings.retention;
    match context.store.prune_executions(keep).await {
        Ok(None | Some(0)) => {}
        Ok(Some(executions)) => {
            tracing::info!(executions, "old executions were deleted, with their tasks and logs")
        }
        Err(error) => tracing::warn!(%error, "old executions could not be deleted; trying again in an hour"),
    }
    if let Err(error) = context.store.audit().prune(context.settings.keep_audit).await {
        tracing::warn!(%error, "old entries of the audit log could not be deleted; trying again in an hour");
    }
    if let Err(error) = context.store.prune_health_changes(keep.age).await {
        tracing::warn!(%error, "old changes of health could not be deleted; trying again in an hour");
    }
}
