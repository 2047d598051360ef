//! Where the artifacts of an execution come from, and who gets them.

use std::sync::Arc;

use forewarm_domain::execution::Spec;

use super::{ExpandError, Summary};
use crate::connections::ConnectedRegistry;
use crate::context::Context;

/// What is wrong with an execution that was started for no instance at all.
const NOBODY: &str = "no instance to preheat to: the policy names none, and there is no default instance; name one, or make one the default";

/// An instance that gets tasks.
pub(super) struct Recipient {
    pub id: i64,
    pub name: String,
    pub vendor: String,
}

/// The enabled instances of an execution. One that is disabled or gone is named in a warning; none left is an error.
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
        match context.connections.instance(wanted.id).await? {
            Some(found) if found.instance.enabled => recipients.push(Recipient {
                id: found.instance.id,
                name: found.instance.name.clone(),
                vendor: found.instance.vendor.clone(),
            }),
            Some(_) => {
                summary.warnings.push(format!("instance '{}' is disabled and gets nothing", wanted.name))
            }
            None => summary.warnings.push(format!("instance '{}' was deleted and gets nothing", wanted.name)),
        }
    }
    if recipients.is_empty() {
        return Err(ExpandError::Plan(format!("no instance to preheat to: {}", summary.warnings.join("; "))));
    }
    Ok(recipients)
}

pub(super) async fn registry(context: &Context, id: i64) -> Result<Arc<ConnectedRegistry>, ExpandError> {
    let registry = context.connections.registry(id).await?;
    registry.ok_or_else(|| ExpandError::Plan("the registry was deleted".to_owned()))
}
