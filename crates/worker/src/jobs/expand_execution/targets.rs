//! Where the artifacts of an execution come from, and who gets them.

use std::sync::Arc;
use std::time::Duration;

use forewarm_domain::execution::Spec;

use super::{ExpandError, Summary};
use crate::connections::{ConnectedInstance, ConnectedRegistry};
use crate::context::Context;

/// What is wrong with an execution that was started for no instance at all.
const NOBODY: &str = "no instance to preheat to: the policy names none, and there is no default instance; name one, or make one the default";

/// An instance that gets tasks.
pub(super) struct Recipient {
    pub id: i64,
    pub name: String,
    pub vendor: String,
    /// For how long a proof can be relied on.
    pub fresh_for: Duration,
    pub is_disabled: bool,
}

/// The instances of an execution. One that is disabled gets tasks that are stopped at once, so that a retry can run them
/// later; one that is gone is only named in a warning. None left that can be used is an error.
pub(super) async fn recipients(
    context: &Context,
    spec: &Spec,
    summary: &mut Summary,
) -> Result<Vec<Recipient>, ExpandError> {
    if spec.instances.is_empty() {
        return Err(ExpandError::Plan(NOBODY.to_owned()));
    }
    let mut recipients = Vec::new();
    for wanted in &spec.instances {
        let Some(found) = context.connections.instance(wanted.id).await? else {
            summary.warnings.push(format!("instance '{}' was deleted and gets nothing", wanted.name));
            continue;
        };
        if !found.instance.enabled {
            summary.warnings.push(format!("instance '{}' is disabled and gets nothing", wanted.name));
        }
        recipients.push(Recipient::of(&found));
    }
    if recipients.iter().all(|recipient| recipient.is_disabled) {
        return Err(ExpandError::Plan(format!("no instance to preheat to: {}", summary.warnings.join("; "))));
    }
    Ok(recipients)
}

impl Recipient {
    fn of(connected: &ConnectedInstance) -> Self {
        Self {
            id: connected.instance.id,
            name: connected.instance.name.clone(),
            vendor: connected.instance.vendor.clone(),
            fresh_for: connected.fresh_for,
            is_disabled: !connected.instance.enabled,
        }
    }
}

pub(super) async fn registry(context: &Context, id: i64) -> Result<Arc<ConnectedRegistry>, ExpandError> {
    let registry = context.connections.registry(id).await?;
    registry.ok_or_else(|| ExpandError::Plan("the registry was deleted".to_owned()))
}
