//! Finds the policies that an event starts. An event is a hint: everything is read again from the registry.

mod judge;
mod look;
mod verdicts;

use std::time::Duration;

use forewarm_domain::delivery::Outcome;
use forewarm_domain::event::EventKind;
use forewarm_registry::RegistryError;
use forewarm_registry::remembered::Remembered;
use forewarm_store::StoreError;
use forewarm_store::events::{Evaluation, Redirection};
use forewarm_store::unfinished::Unfinished;
use futures::FutureExt;

use self::look::Look;
use self::verdicts::Verdicts;
use crate::backoff::backoff;
use crate::context::Context;
use crate::jobs::unfinished::{Patience, never_ended, patience};
use crate::keeper::{Kept, keep};
use crate::running::Lane;

/// How often the registry may fail: with the waits between them about a minute in all.
const MAX_ATTEMPTS: i32 = 6;
/// How often it is begun without the registry's failing: one that kills its process every time must end, too.
const MAX_BEGINNINGS: i32 = 20;

/// Why an event cannot be evaluated now.
#[derive(Debug, thiserror::Error)]
enum EvaluateError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("{0}")]
    GivenUp(String),
}

/// How an evaluation ends.
enum End {
    Done { message: String, outcome: Outcome },
    GoesOn(Redirection),
}

impl End {
    fn nothing(message: impl Into<String>) -> Self {
        Self::Done { message: message.into(), outcome: Outcome::default() }
    }
}

pub(crate) async fn run(context: &Context, event_id: i64, seq: i64) -> Result<(), StoreError> {
    let place = context.running.place(Lane::Evaluate).await;
    let Some(evaluation) = context.store.events().begin(event_id, seq, context.settings.lease).await? else {
        return Ok(());
    };
    let Some(place) = place else {
        let why = "waiting for a free worker";
        let wait = Duration::from_secs(1);
        evaluate_again(context, &evaluation, Unfinished::NotBegun, wait, why).await?;
        return Ok(());
    };
    context.running.spawn(place, work(context.clone(), evaluation));
    Ok(())
}

async fn work(context: Context, evaluation: Evaluation) {
    let (event_id, lease) = (evaluation.lease.event_id, context.settings.lease);
    let renew = {
        let (store, held) = (context.store.clone(), evaluation.lease);
        move || {
            let store = store.clone();
            async move { store.events().renew(held, lease).await }.boxed()
        }
    };
    let recorded = match keep(evaluate(&context, &evaluation), renew, lease, context.running.over()).await {
        Kept::Done(Ok(end)) => record(&context, &evaluation, end).await,
        Kept::Done(Err(error)) => give_up_or_postpone(&context, &evaluation, error).await,
        Kept::Lost => Ok(true),
        Kept::Over => {
            let why = "the worker was stopped; another goes on";
            evaluate_again(&context, &evaluation, Unfinished::NotBegun, Duration::ZERO, why).await
        }
        Kept::Panicked(text) => {
            tracing::error!(event_id, panic = text, "the evaluation of an event panicked");
            let error = EvaluateError::GivenUp("internal error; the server's log has the rest".to_owned());
            give_up_or_postpone(&context, &evaluation, error).await
        }
    };
    if let Err(error) = recorded {
        tracing::warn!(event_id, %error, "the end of an evaluation was not recorded; the sweep will bring it back");
    }
}

async fn evaluate(context: &Context, evaluation: &Evaluation) -> Result<End, EvaluateError> {
    if evaluation.broken_off > MAX_BEGINNINGS {
        return Err(EvaluateError::GivenUp(never_ended(MAX_BEGINNINGS, &evaluation.message)));
    }
    let listening = context.listeners.of_registry(evaluation.registry_id).await?;
    let kinds = possible(&evaluation.kinds);
    let passing = listening.index.of_repository(&evaluation.repository);
    let mut concerned = listening.concerned(&evaluation.repository, &kinds).peekable();
    if concerned.peek().is_none() {
        return Ok(End::nothing("no policy waits for such an event of this repository"));
    }
    if !concerned.any(|listener| listener.enabled && passing.contains(&listener.policy_id)) {
        // Nothing that the registry could say would change it.
        let verdicts = Verdicts::without_look(&listening, evaluation, &kinds);
        return Ok(verdicts.end());
    }
    let Some(registry) = context.connections.registry(evaluation.registry_id).await? else {
        return Ok(End::nothing("the registry was deleted"));
    };
    let client = Remembered::new(registry.client.as_ref());
    match look::look(&client, evaluation).await? {
        Look::Nothing(reason) => Ok(End::nothing(reason)),
        Look::Elsewhere(redirection) => Ok(End::GoesOn(redirection)),
        Look::Artifact(found) => {
            Ok(judge::judge(context, &client, &listening, evaluation, &found).await?.end())
        }
    }
}

/// A pushed manifest may turn out to be a signature.
fn possible(kinds: &[EventKind]) -> Vec<EventKind> {
    let mut kinds = kinds.to_vec();
    if kinds.contains(&EventKind::Push) {
        kinds.push(EventKind::Signed);
    }
    kinds
}

async fn record(context: &Context, evaluation: &Evaluation, end: End) -> Result<bool, StoreError> {
    let (events, lease) = (context.store.events(), evaluation.lease);
    match end {
        End::Done { message, outcome } => {
            tracing::info!(
                event_id = lease.event_id,
                started = outcome.started,
                "event evaluated: {message}"
            );
            events.end(lease, false, &message, &outcome).await
        }
        End::GoesOn(redirection) => events.redirect(lease, &redirection).await,
    }
}

async fn give_up_or_postpone(
    context: &Context,
    evaluation: &Evaluation,
    error: EvaluateError,
) -> Result<bool, StoreError> {
    let event_id = evaluation.lease.event_id;
    if let EvaluateError::Registry(cause) = &error
        && let Some(Patience { wait, message }) = patience(cause, evaluation.busy_for)
    {
        tracing::warn!(event_id, %error, wait_s = wait.as_secs(), "an event waits: the registry asks for patience");
        return evaluate_again(context, evaluation, Unfinished::Busy, wait, &message).await;
    }
    match &error {
        EvaluateError::Store(StoreError::Database(_)) => {
            tracing::warn!(event_id, %error, "the evaluation of an event was broken off; trying again");
            let message = format!("broken off, trying again: {error}");
            let wait = backoff(evaluation.broken_off, None);
            return evaluate_again(context, evaluation, Unfinished::BrokenOff, wait, &message).await;
        }
        EvaluateError::Registry(cause) if cause.is_transient() && evaluation.failures + 1 < MAX_ATTEMPTS => {
            let attempt = evaluation.failures + 1;
            tracing::warn!(event_id, %error, attempt, "an event could not be evaluated; trying again");
            let message = format!("attempt {attempt} of {MAX_ATTEMPTS} failed, trying again: {error}");
            let wait = backoff(attempt, None);
            return evaluate_again(context, evaluation, Unfinished::Failed, wait, &message).await;
        }
        EvaluateError::Registry(_) | EvaluateError::Store(_) | EvaluateError::GivenUp(_) => {}
    }
    tracing::warn!(event_id, %error, "an event could not be evaluated");
    let message = error.to_string();
    let outcome = judge::fail(context, evaluation, &message).await?;
    context.store.events().end(evaluation.lease, true, &message, &outcome).await
}

async fn evaluate_again(
    context: &Context,
    evaluation: &Evaluation,
    after: Unfinished,
    wait: Duration,
    why: &str,
) -> Result<bool, StoreError> {
    context.store.events().evaluate_again(evaluation.lease, after, wait, why).await
}
