//! The look at the registry that a preview takes: the same selection as a run of the policy, within limits.

use std::time::Duration;

use forewarm_domain::artifact::Artifact;
use forewarm_domain::execution::{Spec, Work};
use forewarm_domain::filter::Selector;
use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use forewarm_domain::registry::Registry;
use forewarm_domain::trigger::Start;
use forewarm_registry::RegistryError;
use forewarm_registry::selection::{Looked, Missed, Question, selector};
use futures::{Stream, TryStreamExt as _};
use poem::http::StatusCode;
use tokio::time::{Instant, timeout_at};

use crate::error::ApiError;
use crate::state::ApiState;

/// How long a look may take; clients wait 30 s as a rule.
const LONGEST: Duration = Duration::from_secs(25);
/// The most artifacts, chosen or left out, that one look brings.
const MOST: usize = 10_000;

/// What a look brought.
pub struct Look {
    pub selector: Selector,
    pub follow_registry: bool,
    pub chosen: Vec<Artifact>,
    pub left_out: Vec<(String, Missed)>,
    /// Why it ended before its end; None = it is complete.
    pub cut_off: Option<String>,
}

pub async fn look(
    state: &ApiState,
    registry: &Registry,
    project: &Project,
    policy: &Policy,
) -> Result<Look, ApiError> {
    let kind = forewarm_registry::kind(&registry.kind)
        .ok_or_else(|| ApiError::internal(format!("registry kind {} is not built in", registry.kind)))?;
    let client = kind.connect(registry, &state.outbound);
    let Work::Policy(selection) = Spec::of_policy(project, policy, &[], Start::Manual).work else {
        return Err(ApiError::internal("a policy selects nothing"));
    };
    let deadline = Instant::now() + LONGEST;
    let selector = match timeout_at(deadline, selector(client.as_ref(), &selection)).await {
        Ok(found) => found.map_err(|error| failed(&error))??,
        Err(_) => return Err(unreachable(format!("registry '{}' did not answer in time", registry.name))),
    };
    let question = Question { sizes: true, ..Question::of(&selection, selector, &policy.options.platforms) };
    let mut found = Found::default();
    found.gather(question.ask(client.as_ref(), None), deadline).await?;
    let Found { chosen, left_out, cut_off } = found;
    let follow_registry = project.criteria.follow_registry;
    Ok(Look { selector: question.selector, follow_registry, chosen, left_out, cut_off })
}

#[derive(Default)]
struct Found {
    chosen: Vec<Artifact>,
    left_out: Vec<(String, Missed)>,
    cut_off: Option<String>,
}

impl Found {
    async fn gather(
        &mut self,
        looks: impl Stream<Item = Result<Looked, RegistryError>>,
        deadline: Instant,
    ) -> Result<(), ApiError> {
        let mut looks = std::pin::pin!(looks);
        while self.cut_off.is_none() {
            match timeout_at(deadline, looks.try_next()).await {
                Ok(Ok(Some(looked))) => self.add(looked),
                Ok(Ok(None)) => break,
                Ok(Err(error)) => return Err(failed(&error)),
                Err(_) => self.cut_off = Some(format!("the registry took longer than {LONGEST:?}")),
            }
        }
        Ok(())
    }

    fn add(&mut self, looked: Looked) {
        self.chosen.extend(looked.chosen);
        let left_out = looked.left_out.into_iter().map(|missed| (looked.repository.clone(), missed));
        self.left_out.extend(left_out);
        if self.chosen.len() + self.left_out.len() > MOST {
            self.cut_off = Some(format!("more than {MOST} artifacts would have to be looked at"));
        }
    }
}

fn failed(error: &RegistryError) -> ApiError {
    unreachable(format!("the registry cannot be looked at: {error}"))
}

fn unreachable(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_GATEWAY, message)
}
