//! From a policy to an execution of it.

use forewarm_domain::execution::{InstanceRef, Spec, Work};
use forewarm_domain::instance::Instance;
use forewarm_domain::options::Kind;
use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use forewarm_domain::trigger::Trigger;
use forewarm_store::executions::NewExecution;

use crate::error::ApiError;
use crate::state::ApiState;

/// Starts the policy by hand and returns the execution's id.
pub async fn run(state: &ApiState, project: &Project, policy: &Policy) -> Result<i64, ApiError> {
    if !policy.enabled {
        return Err(ApiError::conflict(format!("policy '{}' is disabled", policy.name)));
    }
    let instances = state.store.instances().named(&policy.instances).await?;
    let (enabled, disabled): (Vec<Instance>, Vec<Instance>) =
        instances.into_iter().partition(|instance| instance.enabled);
    if enabled.is_empty() {
        return Err(ApiError::conflict(format!("policy '{}' has no enabled instance", policy.name)));
    }
    let mut warnings = policy.options.warnings(Kind::Image);
    let left_out = |instance: &Instance| format!("instance '{}' is disabled and left out", instance.name);
    warnings.extend(disabled.iter().map(left_out));
    let new = NewExecution {
        policy: Some((policy.id, policy.name.clone())),
        project: Some((project.id, project.name.clone())),
        trigger: Trigger::Manual.as_str().to_owned(),
        spec: spec(project, policy, &enabled),
        origin: policy.access.clone(),
        warnings,
    };
    match state.store.executions().start(&new).await {
        Err(error) if error.is_missing_reference() => {
            Err(ApiError::not_found(format!("policy '{}'", policy.name)))
        }
        started => Ok(started?),
    }
}

/// What the policy says now; editing it later changes nothing of the execution.
fn spec(project: &Project, policy: &Policy, instances: &[Instance]) -> Spec {
    Spec {
        work: Work::Policy {
            registry_id: project.registry_id,
            namespace: project.namespace.clone(),
            filters: policy.filters.clone(),
        },
        instances: references(instances),
        options: policy.options.clone(),
        max_attempts: policy.max_attempts,
    }
}

/// Instances, as an execution remembers them.
pub fn references(instances: &[Instance]) -> Vec<InstanceRef> {
    instances.iter().map(|instance| InstanceRef { id: instance.id, name: instance.name.clone() }).collect()
}
