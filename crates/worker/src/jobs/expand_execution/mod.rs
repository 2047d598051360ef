//! Finds the artifacts of an execution and writes its tasks.

mod find;
mod targets;
mod write;

use std::time::Duration;

use forewarm_domain::execution::Work;
use forewarm_registry::RegistryError;
use forewarm_store::StoreError;
use forewarm_store::executions::Expansion;
use forewarm_store::unfinished::Unfinished;
use futures::FutureExt;
use tracing::Instrument as _;

use self::targets::Recipient;
use self::write::Writer;
use crate::backoff::backoff;
use crate::context::Context;
use crate::jobs::unfinished::{Patience, never_ended, patience};
use crate::keeper::{Kept, keep};
use crate::running::Lane;

/// How often the registry may fail before the execution ends in error: with the waits between them four minutes in all,
/// so that a registry that restarts, or sets limits, costs nobody the night's run.
const MAX_ATTEMPTS: i32 = 8;
/// How often it is begun without the registry's failing: one that kills its process every time must end, too.
const MAX_BEGINNINGS: i32 = 20;

/// Why an execution cannot be expanded now.
#[derive(Debug, thiserror::Error)]
pub(super) enum ExpandError {
    #[error(transparent)]
    Registry(#[from] RegistryError),
    #[error("{0}")]
    Plan(String),
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Stopped, or taken over.
    #[error("the lease was lost")]
    Lost,
}

pub(crate) async fn run(context: &Context, execution_id: i64, seq: i64) -> Result<(), StoreError> {
    let place = context.running.place(Lane::Expand).await;
    let Some(expansion) =
        context.store.executions().begin_expansion(execution_id, seq, context.settings.lease).await?
    else {
        return Ok(());
    };
    let Some(place) = place else {
        let wait = Duration::from_secs(1);
        let why = "waiting for a free worker";
        expand_again(context, &expansion, Unfinished::NotBegun, wait, why).await?;
        return Ok(());
    };
    let span = context.traces.span(Lane::Expand, execution_id).await;
    context.running.spawn(place, work(context.clone(), expansion).instrument(span));
    Ok(())
}

async fn work(context: Context, expansion: Expansion) {
    let execution_id = expansion.lease.execution_id;
    let renew = {
        let (store, lease, time) = (context.store.clone(), expansion.lease, context.settings.lease);
        move || {
            let store = store.clone();
            async move { store.executions().renew_expansion(lease, time).await }.boxed()
        }
    };
    let ended =
        match keep(expand(&context, &expansion), renew, context.settings.lease, context.running.over()).await
        {
            Kept::Done(Ok(summary)) => end(&context, &expansion, &summary).await,
            Kept::Done(Err(error)) => give_up_or_postpone(&context, &expansion, error).await,
            Kept::Lost => {
                tracing::info!(execution_id, "the lease was lost: stopped, or taken over");
                Ok(true)
            }
            Kept::Over => {
                let why = "the worker was stopped; another goes on";
                expand_again(&context, &expansion, Unfinished::NotBegun, Duration::ZERO, why).await
            }
            Kept::Panicked(text) => {
                tracing::error!(execution_id, panic = text, "an expansion panicked");
                let error = ExpandError::Plan("internal error; the server's log has the rest".to_owned());
                give_up_or_postpone(&context, &expansion, error).await
            }
        };
    if let Err(error) = ended {
        tracing::warn!(execution_id, %error, "the end of an expansion was not recorded; the sweep will bring it back");
    }
}

async fn expand(context: &Context, expansion: &Expansion) -> Result<Summary, ExpandError> {
    if expansion.broken_off > MAX_BEGINNINGS {
        return Err(ExpandError::Plan(never_ended(MAX_BEGINNINGS, &expansion.message)));
    }
    if let Some(reason) = &expansion.locked {
        return Err(ExpandError::Plan(reason.clone()));
    }
    let mut summary = Summary::default();
    let recipients = targets::recipients(context, &expansion.spec, &mut summary).await?;
    let mut writer = Writer::new(context, expansion, &recipients);
    match &expansion.spec.work {
        Work::Policy(selection) => {
            find::policy(context, selection, &expansion.spec.options, &mut writer, &mut summary).await?;
        }
        Work::Images { images } => {
            find::images(context, images, &expansion.spec.options, &mut writer, &mut summary).await?;
        }
        Work::Files { urls } => writer.files(urls.clone()).await?,
    }
    writer.flush().await?;
    summary.tasks = writer.written();
    Ok(summary)
}

async fn end(context: &Context, expansion: &Expansion, summary: &Summary) -> Result<bool, StoreError> {
    let message = summary.message(&expansion.spec.work);
    tracing::info!(
        execution_id = expansion.lease.execution_id,
        artifacts = summary.artifacts,
        tasks = summary.tasks,
        left_out = summary.left_out.values().sum::<usize>(),
        "execution expanded"
    );
    context.store.executions().end_expansion(expansion.lease, &message, &summary.warnings).await
}

async fn give_up_or_postpone(
    context: &Context,
    expansion: &Expansion,
    error: ExpandError,
) -> Result<bool, StoreError> {
    let execution_id = expansion.lease.execution_id;
    if let ExpandError::Registry(cause) = &error
        && let Some(Patience { wait, message }) = patience(cause, expansion.busy_for)
    {
        tracing::warn!(execution_id, %error, wait_s = wait.as_secs(), "an expansion waits: the registry asks for patience");
        return expand_again(context, expansion, Unfinished::Busy, wait, &message).await;
    }
    match &error {
        ExpandError::Lost => return Ok(true),
        ExpandError::Store(_) => {
            tracing::warn!(execution_id, %error, "an expansion was broken off; trying again");
            let message = format!("broken off, trying again: {error}");
            let wait = backoff(expansion.broken_off, None);
            return expand_again(context, expansion, Unfinished::BrokenOff, wait, &message).await;
        }
        ExpandError::Registry(cause) if cause.is_transient() && expansion.failures + 1 < MAX_ATTEMPTS => {
            let attempt = expansion.failures + 1;
            tracing::warn!(execution_id, %error, attempt, "an expansion failed; trying again");
            let message = format!("attempt {attempt} of {MAX_ATTEMPTS} failed, trying again: {error}");
            let wait = backoff(attempt, None);
            return expand_again(context, expansion, Unfinished::Failed, wait, &message).await;
        }
        ExpandError::Registry(_) | ExpandError::Plan(_) => {}
    }
    tracing::warn!(execution_id, %error, "an execution could not be expanded");
    context.store.executions().fail_expansion(expansion.lease, &error.to_string()).await
}

async fn expand_again(
    context: &Context,
    expansion: &Expansion,
    after: Unfinished,
    wait: Duration,
    why: &str,
) -> Result<bool, StoreError> {
    context.store.executions().expand_again(expansion.lease, after, wait, why).await
}

/// What an expansion found, for the execution's message.
#[derive(Default)]
pub(super) struct Summary {
    pub repositories: usize,
    pub artifacts: usize,
    pub tasks: usize,
    /// Artifacts left out, by the filter that did.
    pub left_out: std::collections::BTreeMap<&'static str, usize>,
    pub warnings: Vec<String>,
}

impl Summary {
    pub fn leave_out(&mut self, filter: &'static str, count: usize) {
        *self.left_out.entry(filter).or_default() += count;
    }

    fn message(&self, work: &Work) -> String {
        if let Work::Files { urls } = work {
            return format!(
                "{}, {}",
                number(urls.len(), "file", "files"),
                number(self.tasks, "task", "tasks")
            );
        }
        let left_out = self.left_out_words();
        if self.artifacts == 0 {
            return format!("no artifact matched{left_out}");
        }
        format!(
            "{} of {} matched, {}{left_out}",
            number(self.artifacts, "artifact", "artifacts"),
            number(self.repositories, "repository", "repositories"),
            number(self.tasks, "task", "tasks"),
        )
    }

    fn left_out_words(&self) -> String {
        if self.left_out.is_empty() {
            return String::new();
        }
        let words: Vec<String> =
            self.left_out.iter().map(|(filter, count)| format!("{count} by {filter}")).collect();
        format!("; left out: {}", words.join(", "))
    }
}

fn number(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
