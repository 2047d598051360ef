//! From a policy to an execution of it.

use forewarm_domain::execution::{Execution, Spec};
use forewarm_domain::options::Kind;
use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use forewarm_domain::trigger::Start;
use forewarm_store::Store;
use forewarm_store::executions::NewExecution;

use crate::error::ApiError;

/// Starts the policy by hand.
pub async fn run(
    store: &Store,
    project: &Project,
    policy: &Policy,
    skip_if_warm: bool,
) -> Result<Execution, ApiError> {
    if !policy.enabled {
        return Err(ApiError::conflict(format!("policy '{}' is disabled", policy.name)));
    }
    let instances = store.instances().chosen(&policy.instances).await?;
    if !instances.iter().any(|instance| instance.enabled) {
        return Err(ApiError::conflict(format!("policy '{}' has no enabled instance", policy.name)));
    }
    let spec = Spec::of_policy(project, policy, &instances, Start::Manual);
    let new = NewExecution {
        policy: Some((policy.id, policy.name.clone())),
        project: Some((project.id, project.name.clone())),
        start: Start::Manual,
        scheduled_for: None,
        event_id: None,
        spec: Spec { skip_if_warm, ..spec },
        origin: policy.access.clone(),
        warnings: policy.options.warnings(Kind::Image),
    };
    match store.executions().start(&new).await {
        Err(error) if error.is_missing_reference() => {
            Err(ApiError::not_found(format!("policy '{}'", policy.name)))
        }
        started => Ok(started?),
    }
}
