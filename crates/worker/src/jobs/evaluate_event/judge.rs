//! Holds an artifact against the policies that wait for such events, and starts those that it is for.

use std::collections::HashSet;

use forewarm_domain::delivery::Outcome;
use forewarm_domain::event::EventKind;
use forewarm_domain::execution::{Only, Selection, Spec, Work};
use forewarm_domain::options::Kind;
use forewarm_domain::policy::Policy;
use forewarm_domain::project::Project;
use forewarm_domain::trigger::Start;
use forewarm_registry::selection::{self, Question};
use forewarm_registry::{Registry, RegistryError};
use forewarm_store::StoreError;
use forewarm_store::events::{Evaluation, Listener};
use forewarm_store::executions::NewExecution;
use futures::TryStreamExt;

use super::EvaluateError;
use super::look::Found;
use super::verdicts::Verdicts;
use crate::context::Context;
use crate::listeners::Listening;

pub(super) async fn judge(
    context: &Context,
    client: &dyn Registry,
    listening: &Listening,
    event: &Evaluation,
    found: &Found,
) -> Result<Verdicts, EvaluateError> {
    let candidates: HashSet<i64> =
        listening.index.candidates(&event.repository, &found.tags).into_iter().collect();
    let only = Only {
        repository: event.repository.clone(),
        digest: Some(found.digest.clone()),
        tags: found.tags.clone(),
    };
    let mut verdicts = Verdicts::default();
    for listener in listening.concerned(&event.repository, &found.kinds) {
        if !listener.enabled || !candidates.contains(&listener.policy_id) {
            verdicts.leave_out_cheaply(listener, &event.repository, &found.tags);
            continue;
        }
        let Some(new) = execution(context, listener, event, &only).await? else {
            verdicts.leave_out(listener, "deleted meanwhile");
            continue;
        };
        match reason_against(client, &new.spec).await? {
            Some(reason) => verdicts.leave_out(listener, &reason),
            None => match start(context, &new, None).await? {
                Some(id) => verdicts.start(listener, id, ""),
                None => verdicts.leave_out(listener, "deleted meanwhile"),
            },
        }
    }
    Ok(verdicts)
}

/// Leaves, for every policy that passes the filters that cost nothing, an execution in error with the reason.
pub(super) async fn fail(context: &Context, event: &Evaluation, reason: &str) -> Result<Outcome, StoreError> {
    let listening = context.listeners.of_registry(event.registry_id).await?;
    let of_tags: HashSet<i64> =
        listening.index.candidates(&event.repository, &event.tags).into_iter().collect();
    let of_repository: HashSet<i64> = listening.index.of_repository(&event.repository).into_iter().collect();
    // A user's retry of the execution must be about the same, and not run the whole policy.
    let only =
        Only { repository: event.repository.clone(), digest: event.digest.clone(), tags: event.tags.clone() };
    let mut verdicts = Verdicts::default();
    for listener in listening.concerned(&event.repository, &event.kinds) {
        let candidates = if is_about_all(event, listener) { &of_repository } else { &of_tags };
        if !listener.enabled || !candidates.contains(&listener.policy_id) {
            verdicts.leave_out_cheaply(listener, &event.repository, &event.tags);
            continue;
        }
        let started = match execution(context, listener, event, &only).await? {
            Some(new) => start(context, &new, Some(reason)).await?,
            None => None,
        };
        match started {
            Some(id) => verdicts.start(listener, id, reason),
            None => verdicts.leave_out(listener, "deleted meanwhile"),
        }
    }
    Ok(verdicts.outcome())
}

/// Whether something happened that the policy waits for and that is about all tags of the artifact, known or not. Not a
/// push: without a tag that may be anything, most likely the child of an index.
fn is_about_all(event: &Evaluation, listener: &Listener) -> bool {
    let mut told = event.kinds.iter().filter(|kind| **kind != EventKind::Push);
    event.tagless && told.any(|kind| listener.kinds.contains(kind))
}

/// The policy's execution for this event; None when it was deleted meanwhile.
async fn execution(
    context: &Context,
    listener: &Listener,
    event: &Evaluation,
    only: &Only,
) -> Result<Option<NewExecution>, StoreError> {
    let Some(policy) = context.store.policies().by_id(listener.policy_id).await? else { return Ok(None) };
    let Some(project) = context.store.projects().by_id(policy.project_id).await? else { return Ok(None) };
    let spec = spec(context, &project, &policy, only).await?;
    Ok(Some(NewExecution {
        policy: Some((policy.id, policy.name)),
        project: Some((project.id, project.name)),
        start: Start::Event,
        scheduled_for: None,
        event_id: Some(event.lease.event_id),
        spec,
        origin: policy.access,
        warnings: policy.options.warnings(Kind::Image),
    }))
}

async fn spec(
    context: &Context,
    project: &Project,
    policy: &Policy,
    only: &Only,
) -> Result<Spec, StoreError> {
    let instances = context.store.instances().chosen(&policy.instances).await?;
    let mut spec = Spec::of_policy(project, policy, &instances, Start::Event);
    if let Work::Policy(selection) = &mut spec.work {
        selection.only = Some(only.clone());
    }
    Ok(spec)
}

/// Why the artifact is not for the policy, by all its filters and criteria; None = it is.
async fn reason_against(client: &dyn Registry, spec: &Spec) -> Result<Option<String>, EvaluateError> {
    let Work::Policy(selection @ Selection { only: Some(only), .. }) = &spec.work else { return Ok(None) };
    let selector = match selection::selector(client, selection).await? {
        Ok(selector) => selector,
        Err(found) => {
            let words: Vec<String> = found.iter().map(ToString::to_string).collect();
            return Ok(Some(format!("a filter cannot be used: {}", words.join("; "))));
        }
    };
    let question = Question::of(selection, selector, &spec.options.platforms);
    let looks = question.ask(client, Some(only));
    let mut looks = std::pin::pin!(looks);
    let nothing = "no tag of it is wanted".to_owned();
    match looks.try_next().await {
        Ok(Some(looked)) if !looked.chosen.is_empty() => Ok(None),
        // Tags come before the artifact as a whole, whose reason tells more.
        Ok(Some(looked)) => {
            Ok(Some(looked.left_out.last().map_or(nothing, |missed| missed.why.reason.clone())))
        }
        Ok(None) => Ok(Some(nothing)),
        // It went away meanwhile.
        Err(RegistryError::NotFound(reason) | RegistryError::Unsuitable(reason)) => Ok(Some(reason)),
        Err(error) => Err(error.into()),
    }
}

/// Starts it, or records why it cannot; None = the policy was deleted meanwhile. Once for each event and policy.
async fn start(
    context: &Context,
    new: &NewExecution,
    failure: Option<&str>,
) -> Result<Option<i64>, StoreError> {
    let executions = context.store.executions();
    let started = match failure {
        Some(reason) => executions.start_failed(new, reason).await,
        None => executions.start_once(new).await,
    };
    match started {
        Err(error) if error.is_missing_reference() => Ok(None),
        started => Ok(Some(started?.id)),
    }
}
